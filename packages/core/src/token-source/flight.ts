import { unref, waitFor } from "../clock.ts";
import { TokenRequestError, isTokenError } from "../errors.ts";
import type { AcquisitionReason } from "../options/token-event.ts";
import type { HeldToken } from "../policy/held-token.ts";
import { acquire } from "./acquisition.ts";
import type { TokenSource } from "./source.ts";
import { afterFailure } from "./trouble.ts";

/** A flight ends itself in time; only on a platform that froze it do others act, this many milliseconds later. */
export const grace = 1000;

/** One acquisition that any number of callers wait for; they share its token and its failure. */
export interface Flight {
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly reason: AcquisitionReason;
  readonly context: unknown;
  readonly controller: AbortController;
  readonly outcome: Promise<HeldToken>;
  /** Callers that still wait. */
  waiting: number;
  /** Goes on though nobody waits. */
  background: boolean;
  /** Somebody wants a token that is newer than the shared cache's. */
  forced: boolean;
  /** Called off: its token may not come back, whoever waits asks again. */
  recalled: boolean;
  /** The secret that was sent, for the memory of refusals. */
  secret: string | undefined;
}

/** Starts the one flight of a source. */
export function launch(source: TokenSource, reason: AcquisitionReason, context: unknown): Flight {
  const { clock } = source.client;
  const controller = new AbortController();
  const timer = clock.setTimeout(() => controller.abort(timeoutError(source)), source.client.timeout);
  // Whoever waits has a timer of his own; this one alone shall not keep the process alive.
  unref(timer);
  const flight: Flight = {
    startedAt: clock.monotonic(),
    reason,
    context,
    controller,
    outcome: new Promise((resolve, reject) => {
      const { signal } = controller;
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      // In its own turn, when the flight is there.
      Promise.resolve()
        .then(() => acquire(source, flight))
        .then(resolve, reject);
    }),
    waiting: 0,
    background: false,
    forced: reason === "forced",
    recalled: false,
    secret: undefined,
  };
  source.flight = flight;
  const settled = flight.outcome
    .catch((error: unknown) => crash(source, flight, error))
    .finally(() => clock.clearTimeout(timer));
  source.inBackground(settled);
  return flight;
}

/** The flight in the air, unless it outlived its time (a platform may freeze the request that began it). */
export function currentFlight(source: TokenSource): Flight | undefined {
  const { flight } = source;
  if (flight !== undefined && inTheAir(source, flight) > source.client.timeout + grace) {
    abandon(source, flight);
  }
  return source.flight;
}

/** How long a flight has been in the air, in milliseconds. */
export function inTheAir(source: TokenSource, flight: Flight): number {
  return source.client.clock.monotonic() - flight.startedAt;
}

/** Waits for a flight, at most `limit` milliseconds; an abort detaches this caller only. */
export async function join(
  source: TokenSource,
  flight: Flight,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<HeldToken> {
  flight.waiting++;
  try {
    return await waitFor(source.client.clock, flight.outcome, limit, () => timeoutError(source), signal);
  } finally {
    flight.waiting--;
    if (flight.waiting === 0 && !flight.background) abandon(source, flight);
  }
}

/** Calls the flight off, if there is one. Callers that wait for it ask again. */
export function recall(source: TokenSource): void {
  const { flight } = source;
  if (flight === undefined) return;
  flight.recalled = true;
  abandon(source, flight);
}

/** Ends a flight whose token nobody wants any more, and keeps a later token of it out. */
function abandon(source: TokenSource, flight: Flight): void {
  if (source.flight !== flight) return;
  source.flight = undefined;
  flight.controller.abort(timeoutError(source));
}

function crash(source: TokenSource, flight: Flight, error: unknown): void {
  if (source.flight !== flight) return;
  source.flight = undefined;
  const { held, client } = source;
  if (held !== undefined) held.rejected = false;
  // A remembered refusal that was reported once more is no new failure.
  if (!isTokenError(error) || error === source.trouble?.error) return;
  source.trouble = afterFailure(source.trouble, error, flight.secret, held, client.clock);
  source.emit({
    type: "token-failed",
    client: client.name,
    reason: flight.reason,
    error,
    duration: inTheAir(source, flight),
    context: flight.context,
  });
}

function timeoutError(source: TokenSource): TokenRequestError {
  const { name, timeout, tokenEndpoint } = source.client;
  return new TokenRequestError(
    `the token endpoint ${tokenEndpoint.href} gave no token within ${timeout} ms: check the network, or raise timeout.`,
    { client: name, code: "ERR_TOKEN_REQUEST_TIMEOUT" },
  );
}
