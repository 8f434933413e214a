/**
 * Where time comes from. Give your own as `clock` in the manager's options and every lifetime, pause and
 * deadline follows it: tests move the clock instead of sleeping.
 *
 * @example
 * ```ts
 * import { createTokenManager, systemClock } from "@client-token/core";
 *
 * const tokens = createTokenManager({ clients: {}, clock: { ...systemClock, now: () => Date.now() + 3_600_000 } });
 * ```
 */
export interface Clock {
  /** The wall clock, in epoch milliseconds. */
  now(): number;
  /** A clock that never goes back, in milliseconds from any starting point. */
  monotonic(): number;
  /** Calls back once after `delay` milliseconds; returns a handle for `clearTimeout`. */
  setTimeout(callback: () => void, delay: number): unknown;
  /** Forgets a timer. Unknown and spent handles are ignored. */
  clearTimeout(timer: unknown): void;
}

/** The machine's own clock. Globals are looked up at each call, so that fake timers installed later are seen. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (timer) => {
    clearTimeout(timer as Parameters<typeof clearTimeout>[0]);
  },
};

/** A timer that lets the process end although it still runs, where the runtime knows such a thing. */
export function setBackgroundTimer(clock: Clock, callback: () => void, delay: number): unknown {
  const timer = clock.setTimeout(callback, delay);
  (timer as { unref?: () => void } | undefined)?.unref?.();
  return timer;
}

/** What a wait needs of a clock. */
type Timers = Pick<Clock, "setTimeout" | "clearTimeout">;

/** The timers of a clock, none of which keeps the process alive: for waits that nobody waits for. */
export function backgroundTimers(clock: Clock): Timers {
  return {
    setTimeout: (callback, delay) => setBackgroundTimer(clock, callback, delay),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
}

/** Lets `delay` milliseconds pass. Whoever waits for what comes after has a timer of his own. */
export function rest(clock: Clock, delay: number): Promise<void> {
  return new Promise((resolve) => void setBackgroundTimer(clock, resolve, delay));
}

/**
 * Waits for `work`, but not longer than `limit` milliseconds (then rejects with what `late` gives) and not past
 * an abort of `signal`. The work goes on, and its late failure is handled; only this wait ends.
 */
export function waitFor<T>(
  clock: Timers,
  work: Promise<T>,
  limit: number,
  late: () => unknown,
  signal?: AbortSignal,
): Promise<T> {
  let end = (): void => {};
  let timer: unknown;
  return new Promise<T>((resolve, reject) => {
    end = () => reject(signal?.reason);
    timer = clock.setTimeout(() => reject(late()), limit);
    signal?.addEventListener("abort", end);
    if (signal?.aborted === true) end();
    work.then(resolve, reject);
  }).finally(() => {
    clock.clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  });
}
