import { createAccessToken } from "../access-token.ts";
import { sharing } from "../options/shared-tokens.ts";
import { countReplacements, instant, timeLeft, type HeldToken } from "../policy/held-token.ts";
import { planLifetime } from "../policy/lifetime.ts";
import { withRetry } from "../token-endpoint/retry.ts";
import { readSecret, requestToken } from "../token-endpoint/token-request.ts";
import { endedToken } from "../token-endpoint/token-response.ts";
import { inTheAir, type Flight } from "./flight.ts";
import type { TokenSource } from "./source.ts";
import { isResting } from "./trouble.ts";

/** Gets a token: from the token endpoint, unless another process that shares the cache has got one. */
export async function acquire(source: TokenSource, flight: Flight): Promise<HeldToken> {
  const { client } = source;
  const shared = await client.cache?.[sharing].obtain(source, flight);
  const held = shared?.held ?? (await flight.ask());
  // A flight that was called off keeps its token to itself.
  const landed = source.flight === flight;
  if (shared !== undefined) source.inBackground(shared.settle(landed));
  if (!landed) return held;
  source.flight = undefined;
  source.held = held;
  source.trouble = undefined;
  source.emit({
    type: "token-obtained",
    client: client.name,
    from: shared?.from ?? "token-endpoint",
    reason: flight.reason,
    duration: inTheAir(source, flight),
    expiresAt: held.token.expiresAt,
    context: flight.context,
  });
  return held;
}

/** Asks the token endpoint, as often as it makes sense. */
export async function issue(source: TokenSource, flight: Flight): Promise<HeldToken> {
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
  const issued = await withRetry(tryOnce, clock, flight.endsAt, signal);
  const lifetime = planLifetime(issued.lifetime, client.cacheLifetimeBuffer, issued.refreshIn, Math.random());
  const held: HeldToken = {
    token: createAccessToken({
      accessToken: issued.accessToken,
      tokenType: issued.tokenType,
      expiresAt: Math.floor(requestedAt.wall + issued.lifetime * 1000),
      scope: issued.scope,
      clientId: client.clientId,
    }),
    lifetime,
    requestedAt,
    obtainedAt: instant(clock),
    replacements: countReplacements(source.held, clock),
    checkAt: lifetime.due,
    rejected: false,
  };
  // A short life may end on the way, and so may a long one while the machine sleeps.
  if (timeLeft(held, clock) <= 0) throw endedToken(client);
  return held;
}
