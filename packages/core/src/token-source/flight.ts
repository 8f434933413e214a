import { setBackgroundTimer, waitFor } from "../clock.ts";
import { TokenRequestError, isTokenError } from "../errors.ts";
import { endpointName } from "../options/authority.ts";
import { sharing, type SharedFlight } from "../options/shared-tokens.ts";
import type { AcquisitionReason } from "../options/token-event.ts";
import type { TokenRequest } from "../options/token-request.ts";
import type { HeldToken } from "../policy/held-token.ts";
import { acquire, issue } from "./acquisition.ts";
import type { TokenSource } from "./source.ts";
import { afterFailure } from "./trouble.ts";

/** A flight ends itself in time; only on a platform that froze it do others act, this many milliseconds later. */
export const grace = 1000;

/** One acquisition that any number of callers wait for; they share its token and its failure. */
export interface Flight extends SharedFlight {
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** When it ends itself; the token request, when it comes to that, has the whole timeout. */
  endsAt: number;
  timer: unknown;
  readonly reason: AcquisitionReason;
  readonly context: unknown;
  readonly outcome: Promise<HeldToken>;
  waiting: number;
  abandoned: boolean;
  /** Goes on though nobody waits. */
  background: boolean;
  forced: boolean;
  /** Called off: its token may not come back, whoever waits asks again. */
  recalled: boolean;
  /** What the call that started it gave in place of the client's own credential. */
  readonly clientAssertion: TokenRequest["clientAssertion"];
  /** The ids of the credentials that were sent, for the memory of refusals. */
  readonly tried: unknown[];
}

/** Starts the one flight of a source. */
export function launch(source: TokenSource, reason: AcquisitionReason, request: TokenRequest): Flight {
  const { clock } = source.client;
  const controller = new AbortController();
  const { signal } = controller;
  // Also where nothing else heeds the signal.
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const flight: Flight = {
    startedAt: clock.monotonic(),
    endsAt: 0,
    timer: undefined,
    reason,
    context: request.context,
    controller,
    // In its own turn, when the flight is there.
    outcome: Promise.race([Promise.resolve().then(() => acquire(source, flight)), aborted]),
    async ask() {
      arm(source, flight, source.client.timeout);
      const held = await Promise.race([issue(source, flight), aborted]);
      // What is left is a look at the shared cache.
      arm(source, flight, longestFlight(source));
      return held;
    },
    serveLate: (held) => {
      source.held = held;
      recall(source);
    },
    waiting: 0,
    abandoned: false,
    background: false,
    forced: reason === "forced",
    recalled: false,
    clientAssertion: request.clientAssertion,
    tried: [],
  };
  arm(source, flight, longestFlight(source));
  source.flight = flight;
  const settled = flight.outcome
    .catch((error: unknown) => crash(source, flight, error))
    .finally(() => clock.clearTimeout(flight.timer));
  source.inBackground(settled);
  return flight;
}

/** How long an acquisition may take: with a shared cache another process's token request may come before its own. */
export function longestFlight({ client: { cache, timeout } }: TokenSource): number {
  return cache?.[sharing].patience(timeout) ?? timeout;
}

/** Gives the flight `limit` milliseconds from now. */
function arm(source: TokenSource, flight: Flight, limit: number): void {
  const { clock } = source.client;
  clock.clearTimeout(flight.timer);
  flight.endsAt = clock.monotonic() + limit;
  // Whoever waits has a timer of his own; this one alone shall not keep the process alive.
  flight.timer = setBackgroundTimer(clock, () => flight.controller.abort(timeoutError(source)), limit);
}

/** The flight in the air, unless it outlived its time (a platform may freeze the request that began it). */
export function currentFlight(source: TokenSource): Flight | undefined {
  const { flight } = source;
  if (flight !== undefined && source.client.clock.monotonic() > flight.endsAt + grace) {
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
  flight.abandoned = true;
  flight.controller.abort(timeoutError(source));
}

function crash(source: TokenSource, flight: Flight, error: unknown): void {
  if (source.flight !== flight) return;
  source.flight = undefined;
  const { held, client } = source;
  if (held !== undefined) held.rejected = false;
  // A remembered refusal that was reported once more is no new failure.
  if (!isTokenError(error) || error === source.trouble?.error) return;
  source.trouble = afterFailure(source.trouble, error, flight.tried, held, client);
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
  const { client } = source;
  const { name, timeout } = client;
  return new TokenRequestError(
    `${endpointName(client)} gave no token within ${timeout} ms: check the network, or raise timeout.`,
    { client: name, code: "ERR_TOKEN_REQUEST_TIMEOUT" },
  );
}
