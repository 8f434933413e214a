import type { Clock } from "../clock.ts";

/** How long a store that does not work is left alone, in milliseconds. */
const pause = 1000;
/** Calls that fail quickly may each have their own reason; this many in a row have one. */
const mostRejections = 3;

/** Spares callers the wait for a store that does not answer. */
export interface Breaker {
  /** Whether the store is left alone. The first to ask after the pause sends the probe that may end it. */
  isOpen(clock: Clock, probe: () => Promise<unknown>): boolean;
  succeeded: () => void;
  /** A call that ran out of time stands for many. */
  failed(clock: Clock, late: boolean): void;
}

export function createBreaker(): Breaker {
  let rejections = 0;
  /** In monotonic milliseconds. */
  let until: number | undefined;
  let probing = false;

  const breaker: Breaker = {
    isOpen(clock, probe) {
      if (until === undefined) return false;
      if (!probing && clock.monotonic() >= until) {
        probing = true;
        probe()
          .then(breaker.succeeded, () => breaker.failed(clock, true))
          .finally(() => (probing = false));
      }
      return true;
    },
    succeeded() {
      rejections = 0;
      until = undefined;
    },
    failed(clock, late) {
      rejections++;
      if (late || rejections >= mostRejections) until = clock.monotonic() + pause;
    },
  };
  return breaker;
}
