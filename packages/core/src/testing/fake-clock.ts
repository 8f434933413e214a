import type { Clock } from "../clock.ts";

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves both clocks on; timers that fall due ring in their order, and what they start may run in between. */
  advance(milliseconds: number): Promise<void>;
  /** Sets the wall clock forward or back, as an administrator or NTP does. Timers do not see it. */
  jump(milliseconds: number): void;
}

/**
 * A clock for tests.
 *
 * @param start what its wall clock shows at first, in epoch milliseconds. @defaultValue the beginning of 2030
 * @example
 * ```ts
 * import { createTokenManager } from "@client-token/core";
 * import { createFakeClock } from "@client-token/core/testing";
 *
 * const clock = createFakeClock();
 * const tokens = createTokenManager({ clock });
 * await clock.advance(3_600_000); // an hour later
 * ```
 */
export function createFakeClock(start: number = Date.UTC(2030, 0, 1)): FakeClock {
  return createSteppedClock(start, settle);
}

/** The same, with its own idea of when all that is ready has run. */
export function createSteppedClock(start: number, settled: () => Promise<void>): FakeClock {
  let wall = start;
  let monotonic = 0;
  let lastId = 0;
  const timers = new Map<number, { readonly at: number; readonly ring: () => void }>();
  const move = (to: number): void => {
    wall += to - monotonic;
    monotonic = to;
  };
  return {
    now: () => wall,
    monotonic: () => monotonic,
    setTimeout(ring, delay) {
      timers.set(++lastId, { at: monotonic + Math.max(0, delay), ring });
      return lastId;
    },
    clearTimeout(timer) {
      timers.delete(Number(timer));
    },
    jump(milliseconds) {
      wall += milliseconds;
    },
    async advance(milliseconds) {
      const end = monotonic + milliseconds;
      for (;;) {
        await settled();
        const [next] = [...timers].toSorted(([, a], [, b]) => a.at - b.at);
        if (next === undefined || next[1].at > end) break;
        timers.delete(next[0]);
        move(next[1].at);
        next[1].ring();
      }
      move(end);
      await settled();
    },
  };
}

/** Lets everything that is ready run: promises, and I/O that has arrived. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
