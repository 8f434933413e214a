import { rest, type Clock } from "../clock.ts";
import { TokenEndpointError, TokenRequestError, TokenResponseError } from "../errors.ts";
import { retryPause } from "../policy/back-off.ts";

/** No token request is tried more often. */
const mostTries = 3;

/**
 * Repeats `tryOnce` while its failures are transient, tries are left and the next pause ends before `deadline`
 * (monotonic milliseconds). A try that never answers uses up the deadline and is not repeated.
 */
export async function withRetry<T>(
  tryOnce: () => Promise<T>,
  clock: Clock,
  deadline: number,
  signal: AbortSignal,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryOnce();
    } catch (error) {
      if (tries === mostTries || signal.aborted || !isTransient(error)) throw error;
      const pause = retryPause(tries, retryAfter(error), Math.random());
      if (clock.monotonic() + pause >= deadline) throw error;
      await rest(clock, pause);
      signal.throwIfAborted();
    }
  }
}

/** Whether the same request may well succeed a little later. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof TokenRequestError ||
    (error instanceof TokenEndpointError &&
      (error.status >= 500 || error.status === 429 || error.status === 408)) ||
    (error instanceof TokenResponseError && error.code === "ERR_TOKEN_RESPONSE_MALFORMED")
  );
}

/** Whether another credential may fare better; some servers say `unauthorized_client` of a wrong secret. */
export function refusesCredential(error: unknown): boolean {
  return (
    error instanceof TokenEndpointError &&
    (error.status === 401 || error.error === "invalid_client" || error.error === "unauthorized_client")
  );
}

/** The server's wish, in milliseconds. */
export function retryAfter(error: unknown): number | undefined {
  return error instanceof TokenEndpointError ? error.retryAfter : undefined;
}
