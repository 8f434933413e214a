import { createAccessToken } from "../access-token.ts";
import { sharing } from "../options/shared-tokens.ts";
import { countReplacements, instant, timeLeft, type HeldToken } from "../policy/held-token.ts";
import { planLifetime } from "../policy/lifetime.ts";
import { attempt, type Repair } from "../token-endpoint/attempt.ts";
import { readCredential, type Credential } from "../token-endpoint/credential.ts";
import { endpointOf, movedEndpoint } from "../token-endpoint/endpoint.ts";
import { withRetry } from "../token-endpoint/retry.ts";
import type { TimedToken } from "../token-endpoint/token-request.ts";
import { endedToken } from "../token-endpoint/token-response.ts";
import { inTheAir, type Flight } from "./flight.ts";
import type { TokenSource } from "./source.ts";
import { isResting, isWorthTrying } from "./trouble.ts";

/** Gets a token: from the token endpoint, unless another process that shares the cache has got one. */
export async function acquire(source: TokenSource, flight: Flight): Promise<HeldToken> {
  const { client } = source;
  if (client.dpop !== undefined) source.proofKey = await client.dpop.current(client);
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
  const key = source.proofKey;
  const repaired = new Set<Repair>();
  const tryOnce = async (): Promise<TimedToken> => {
    const ask = (endpoint: URL): Promise<TimedToken> =>
      attempt(
        { client, grant, endpoint, key, signal },
        () => nextCredential(source, flight, endpoint),
        repaired,
      );
    const endpoint = await endpointOf(client);
    try {
      return await ask(endpoint);
    } catch (error) {
      const moved = await movedEndpoint(client, endpoint, error);
      if (moved === undefined) throw error;
      return ask(moved);
    }
  };
  const { requestedAt, ...issued } = await withRetry(tryOnce, clock, flight.endsAt, signal);
  const lifetime = planLifetime(issued.lifetime, client.cacheLifetimeBuffer, issued.refreshIn, Math.random());
  const held: HeldToken = {
    token: createAccessToken({
      accessToken: issued.accessToken,
      tokenType: issued.tokenType,
      expiresAt: Math.floor(requestedAt.wall + issued.lifetime * 1000),
      scope: issued.scope,
      clientId: client.clientId,
      key,
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

/** Asks for the credential of one request, and throws the last failure for one that was refused a short while ago. */
async function nextCredential(source: TokenSource, flight: Flight, endpoint: URL): Promise<Credential> {
  const { client, trouble } = source;
  const credential = await readCredential(client, endpoint, flight.clientAssertion);
  if (isResting(trouble, client.clock) && !isWorthTrying(trouble, credential.id)) throw trouble.error;
  flight.tried.push(credential.id);
  return credential;
}
