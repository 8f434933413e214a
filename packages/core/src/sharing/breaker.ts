import type { Clock } from "../clock.ts";

/** How long a store that does not work is left alone, in milliseconds. */
const pause = 1000;
/** Calls that fail quickly may each have their own reason; this many in a row have one. */
const mostRejections = 3;

/** Spares callers the wait for a store that does not answer. */
export interface Breaker {
  /** Whether the store is left alone. */
  isOpen(): boolean;
  /** Finds out whether it works again; at most once in each pause, and once for all who wait for the answer. */
  probe(clock: Clock, send: () => Promise<unknown>): Promise<void>;
  succeeded: () => void;
  /** A call that ran out of time stands for many. */
  failed(clock: Clock, late: boolean): void;
}

export function createBreaker(): Breaker {
  let rejections = 0;
  /** In monotonic milliseconds. */
  let until: number | undefined;
  let probing: Promise<void> | undefined;

  const open = (clock: Clock): void => {
    until = clock.monotonic() + pause;
  };

  const breaker: Breaker = {
    isOpen: () => until !== undefined,
    async probe(clock, send) {
      if (until === undefined || (probing === undefined && clock.monotonic() < until)) return;
      probing ??= send()
        .then(breaker.succeeded, () => open(clock))
        .finally(() => (probing = undefined));
      await probing;
    },
    succeeded() {
      rejections = 0;
      until = undefined;
    },
    failed(clock, late) {
      rejections++;
      // Calls that go out all the same do not put off the probe.
      if (until === undefined && (late || rejections >= mostRejections)) open(clock);
    },
  };
  return breaker;
}
