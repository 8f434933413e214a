import type { FakeClock } from "@client-token/core/testing";
import { vi } from "vitest";

/** What became of some work, and how long it took by the fake clock. */
export interface Timed<T> {
  readonly result: PromiseSettledResult<T>;
  /** Milliseconds, rounded up to whole steps. */
  readonly took: number;
}

/**
 * Moves the clock on, step by step, until `work` has ended. Real I/O goes on between two steps; a step is longer in
 * fake time than an exchange over loopback is in real time.
 */
export async function letTimePass<T>(clock: FakeClock, work: Promise<T>, step = 100): Promise<Timed<T>> {
  const started = clock.monotonic();
  const { settled } = watch(work);
  await clock.advance(0);
  // An exchange that needs no time by the fake clock ends within a few turns.
  await Promise.race([Promise.allSettled([work]), pause()]);
  for (let steps = 0; !settled(); steps++) {
    if (steps === 1000) throw new Error(`Nothing came of it in ${steps} steps of ${step} ms.`);
    await clock.advance(step);
  }
  const [result] = await Promise.allSettled([work]);
  return { result, took: clock.monotonic() - started };
}

/** Work, and whether it has ended, well or badly. */
export function watch<T>(work: Promise<T>): { readonly work: Promise<T>; settled(this: void): boolean } {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  work.then(note, note);
  return { work, settled: () => settled };
}

/** Waits in real time until something that goes on in the background has happened. */
export async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check, { interval: 2, timeout: 2000 });
}

/** Gives background work the real time to do what it should not do. */
export async function pause(milliseconds = 30): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
