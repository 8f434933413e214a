import type { Clock } from "../clock.ts";
import { TokenEndpointError, TokenRequestError, type TokenError } from "../errors.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import { failurePause, refusalPause, renewalPause } from "../policy/back-off.ts";
import { isTransient, refusesCredential, retryAfter } from "../token-endpoint/retry.ts";
import { timeLeft, type HeldToken } from "../policy/held-token.ts";

/** The last failure of a key: callers get it, and nobody asks, until the pause is over. */
export interface Trouble {
  readonly error: TokenError;
  /** Failures in a row. */
  readonly count: number;
  /** The end of the pause, in monotonic milliseconds. */
  readonly until: number;
  /** The ids of the credentials that were refused in a row: another one is tried at once. */
  readonly refused: readonly unknown[];
}

/** Whoever got no answer lets those who share the cache try first, by this many milliseconds. */
const courtesy = 1000;
/** After as many, another one is no sign of a rotation: whoever gives a new one each time waits like everybody. */
const mostRefused = 3;

/** Decides how long to leave the token endpoint alone after `error`. */
export function afterFailure(
  previous: Trouble | undefined,
  error: TokenError,
  tried: readonly unknown[],
  held: HeldToken | undefined,
  { clock, cache }: Pick<ResolvedClient, "clock" | "cache">,
): Trouble {
  const count = (previous?.count ?? 0) + 1;
  const wish = retryAfter(error);
  const refused = error instanceof TokenEndpointError && !isTransient(error);
  const left = timeLeft(held, clock);
  const pause =
    left > 0
      ? renewalPause(count, left, wish, Math.random())
      : refused
        ? refusalPause(count)
        : // The processes that share a cache have agreed on a pause.
          error.retryAt === undefined
          ? failurePause(count, wish) +
            (cache !== undefined && error instanceof TokenRequestError ? courtesy : 0)
          : error.retryAt - clock.now();
  // All who get this error learn when it is worth another call.
  Object.assign(error, { retryAt: Math.ceil(clock.now() + pause) });
  return {
    error,
    count,
    until: clock.monotonic() + pause,
    refused: refusesCredential(error) ? lastOf([...(previous?.refused ?? []), ...tried]) : [],
  };
}

function lastOf(refused: readonly unknown[]): readonly unknown[] {
  return [...new Set(refused)].slice(-mostRefused);
}

/** Whether the pause is still on. */
export function isResting(trouble: Trouble | undefined, clock: Clock): trouble is Trouble {
  return trouble !== undefined && clock.monotonic() < trouble.until;
}

/** Whether a credential is tried although the pause is on: it was for others. */
export function isWorthTrying({ refused }: Trouble, id: unknown): boolean {
  return refused.length > 0 && refused.length < mostRefused && !refused.includes(id);
}
