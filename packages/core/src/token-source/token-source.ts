import type { AccessToken } from "../access-token.ts";
import { waitFor } from "../clock.ts";
import { isTokenError } from "../errors.ts";
import { credentialError } from "../options/client-assertion.ts";
import { sharing } from "../options/shared-tokens.ts";
import type { AcquisitionReason } from "../options/token-event.ts";
import type { TokenRequest } from "../options/token-request.ts";
import { isCoolingDown, since, timeLeft, type HeldToken } from "../policy/held-token.ts";
import { patience } from "../policy/lifetime.ts";
import { knownId } from "../token-endpoint/credential.ts";
import {
  currentFlight,
  grace,
  inTheAir,
  join,
  launch,
  longestFlight,
  recall,
  type Flight,
} from "./flight.ts";
import type { TokenSource } from "./source.ts";
import { isResting, isWorthTrying } from "./trouble.ts";

/** The hot path: the held token while it is usable. One that is due starts its renewal, and nobody waits. */
export function peek(source: TokenSource, request?: TokenRequest): AccessToken | undefined {
  const { held } = source;
  if (held === undefined || held.rejected) return undefined;
  const age = since(held.requestedAt, source.client.clock);
  if (age >= held.lifetime.usable) return undefined;
  if (age >= held.checkAt) check(source, age >= held.lifetime.due, request);
  return held.token;
}

/** In the background: the renewal, once it is due, and before that a look at what other processes have done. */
function check(source: TokenSource, isDue: boolean, request: TokenRequest | undefined): void {
  const { cache } = source.client;
  if (isDue) renew(source, request);
  else if (cache !== undefined) source.inBackground(cache[sharing].look(source, () => drop(source)));
}

/** A token that is good for use now. */
export async function obtain(source: TokenSource, request: TokenRequest): Promise<AccessToken> {
  const { clock } = source.client;
  const forced = request.forceRenewal === true;
  const deadline = clock.monotonic() + longestFlight(source) + grace;
  for (;;) {
    request.signal?.throwIfAborted();
    const usable = forced ? undefined : peek(source, request);
    if (usable !== undefined) return usable;
    let flight: Flight | undefined;
    try {
      flight = board(source, forced, request);
      const rest = deadline - clock.monotonic();
      const limit = forced ? rest : Math.min(rest, patienceFor(source, flight));
      const { token } = await join(source, flight, limit, request.signal);
      return token;
    } catch (error) {
      if (flight?.recalled === true && !source.gone) continue;
      const { held } = source;
      // The old token ended while there was still some patience: the flight is what is left to wait for.
      const isUp = flight !== undefined && source.flight === flight;
      if (isUp && timeLeft(held, clock) <= 0 && clock.monotonic() < deadline) continue;
      if (forced || held === undefined || timeLeft(held, clock) <= 0 || !isTokenError(error)) throw error;
      return serveLate(source, held, request.context);
    }
  }
}

/** Replaces a token that an API refused, unless that has happened already or a short while ago. */
export async function reject(
  source: TokenSource,
  rejected: AccessToken,
  request: TokenRequest,
): Promise<AccessToken> {
  const { held, client } = source;
  const isCurrent = held?.token.accessToken === rejected.accessToken && timeLeft(held, client.clock) > 0;
  if (isCurrent && !held.rejected) {
    if (isCoolingDown(held, client.clock)) return settleRejection(source, held.token, false, request);
    held.rejected = true;
  }
  const token = await obtain(source, request);
  return settleRejection(source, token, token.accessToken !== rejected.accessToken, request);
}

/** Forgets the token here and in the shared cache; a flight in the air cannot bring it back. */
export async function forget(source: TokenSource): Promise<void> {
  const { held } = source;
  drop(source);
  const { cache, dpop, name, timeout, clock } = source.client;
  if (cache === undefined) return;
  if (dpop !== undefined) {
    // Its thumbprint is part of the key in the shared cache.
    const late = (): unknown => credentialError(name, `the key of dpop() was not there within ${timeout} ms`);
    source.proofKey ??= await waitFor(clock, dpop.current(source.client), timeout, late);
  }
  await cache[sharing].bury(source, held);
}

/** Forgets the token in this process. Callers that wait for a flight wait for the next one. */
export function drop(source: TokenSource): void {
  source.held = undefined;
  source.trouble = undefined;
  recall(source);
}

function renew(source: TokenSource, request: TokenRequest = {}): void {
  if (currentFlight(source) !== undefined || isResting(source.trouble, source.client.clock)) return;
  launch(source, "renewal", request).background = true;
}

/** The flight in the air, or a new one; throws the last failure while its pause lasts. */
function board(source: TokenSource, forced: boolean, request: TokenRequest): Flight {
  const flight = currentFlight(source);
  if (flight !== undefined) {
    flight.forced ||= forced;
    return flight;
  }
  const { trouble, held, client } = source;
  // A function is asked: only the flight can tell whether what it gives is still what was refused.
  const next = knownId(client, request.clientAssertion);
  if (isResting(trouble, client.clock) && !isWorthTrying(trouble, next)) throw trouble.error;
  const started = launch(source, reasonFor(held, forced), request);
  // An old token still serves: the flight goes on when its callers have lost patience.
  started.background = held !== undefined && !forced;
  return started;
}

function reasonFor(held: HeldToken | undefined, forced: boolean): AcquisitionReason {
  if (forced) return "forced";
  if (held === undefined) return "cold";
  return held.rejected ? "rejection" : "renewal";
}

/** How long a caller waits who has an old token to fall back on; all callers of a flight share one patience. */
function patienceFor(source: TokenSource, flight: Flight): number {
  const { held, client } = source;
  const left = timeLeft(held, client.clock);
  if (left <= 0 || held?.rejected === true) return Infinity;
  return Math.max(0, patience(left) - inTheAir(source, flight));
}

function serveLate(source: TokenSource, old: HeldToken, context: unknown): AccessToken {
  old.rejected = false;
  source.emit({
    type: "token-served-late",
    client: source.client.name,
    expiresAt: old.token.expiresAt,
    context,
  });
  return old.token;
}

function settleRejection(
  source: TokenSource,
  token: AccessToken,
  replaced: boolean,
  request: TokenRequest,
): AccessToken {
  source.emit({
    type: "token-rejected",
    client: source.client.name,
    replaced,
    context: request.context,
  });
  return token;
}
