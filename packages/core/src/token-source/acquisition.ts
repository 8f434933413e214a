import { createAccessToken } from "../access-token.ts";
import { sharing } from "../options/shared-tokens.ts";
import { countReplacements, instant, isLate, timeLeft, type HeldToken } from "../policy/held-token.ts";
import { planLifetime } from "../policy/lifetime.ts";
import { withRetry } from "../token-endpoint/retry.ts";
import { readSecret, requestToken } from "../token-endpoint/token-request.ts";
import { endedToken } from "../token-endpoint/token-response.ts";
import { inTheAir, recall, type Flight } from "./flight.ts";
import type { TokenSource } from "./source.ts";
import { isResting } from "./trouble.ts";

/** Gets a token: from the shared cache if another process has put one there, else from the token endpoint. */
export async function acquire(source: TokenSource, flight: Flight): Promise<HeldToken> {
  const { client } = source;
  const cache = client.cache?.[sharing];
  const shared = flight.forced ? undefined : await cache?.read(source);
  if (source.flight === flight && shared !== undefined && isLate(shared, client.clock)) {
    // Enough to serve in an outage, not to rest on: whoever waits asks again, with a token in hand.
    source.held = shared;
    recall(source);
  }
  flight.controller.signal.throwIfAborted();
  // Somebody may have asked for a forced renewal meanwhile.
  const held = shared === undefined || flight.forced ? await issue(source, flight) : shared;
  // A flight that was called off keeps its token to itself.
  if (source.flight !== flight) return held;
  source.flight = undefined;
  source.held = held;
  source.trouble = undefined;
  source.emit({
    type: "token-obtained",
    client: client.name,
    from: held === shared ? "shared-cache" : "token-endpoint",
    reason: flight.reason,
    duration: inTheAir(source, flight),
    expiresAt: held.token.expiresAt,
    context: flight.context,
  });
  if (cache !== undefined && held !== shared) source.inBackground(cache.write(source, held));
  return held;
}

async function issue(source: TokenSource, flight: Flight): Promise<HeldToken> {
  const { client, grant } = source;
  const { clock } = client;
  const { signal } = flight.controller;
  const secret = await readSecret(client);
  const { trouble } = source;
  if (isResting(trouble, clock) && trouble.refusedSecret === secret) throw trouble.error;
  flight.secret = secret;
  let requestedAt = instant(clock);
  const tryOnce = (): ReturnType<typeof requestToken> => {
    requestedAt = instant(clock);
    return requestToken(client, grant, secret, signal);
  };
  const deadline = flight.startedAt + client.timeout;
  const issued = await withRetry(tryOnce, clock, deadline, signal);
  const held: HeldToken = {
    token: createAccessToken({
      accessToken: issued.accessToken,
      tokenType: issued.tokenType,
      expiresAt: Math.floor(requestedAt.wall + issued.lifetime * 1000),
      scope: issued.scope,
      clientId: client.clientId,
    }),
    lifetime: planLifetime(issued.lifetime, client.cacheLifetimeBuffer, issued.refreshIn, Math.random()),
    requestedAt,
    obtainedAt: instant(clock),
    replacements: countReplacements(source.held, clock),
    rejected: false,
  };
  // A short life may end on the way, and so may a long one while the machine sleeps.
  if (timeLeft(held, clock) <= 0) throw endedToken(client);
  return held;
}
