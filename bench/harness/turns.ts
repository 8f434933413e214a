import { collectGarbage } from "./garbage.ts";
import { median } from "./median.ts";

/** Does one thing `calls` times, and counts how often it came out right. */
export type Batch = (calls: number) => number | Promise<number>;

/** How long to measure. */
export interface Pace {
  /** Turns of each contender that do not count: until the compiler has seen enough. */
  readonly warmUp: number;
  /** Turns of each contender that count. */
  readonly turns: number;
  /** Calls per turn. */
  readonly calls: number;
}

/** Repeats a synchronous act. Each result is compared with `expected`: what is looked at cannot be optimised away. */
export function repeat<T>(act: () => T, expected: T): Batch {
  return (calls) => {
    let right = 0;
    for (let call = 0; call < calls; call++) if (act() === expected) right++;
    return right;
  };
}

/** Repeats an asynchronous act, one call after the other. */
export function repeatAwaiting<T>(act: () => Promise<T>, expected: T): Batch {
  return async (calls) => {
    let right = 0;
    for (let call = 0; call < calls; call++) if ((await act()) === expected) right++;
    return right;
  };
}

/**
 * Nanoseconds per call of each contender: the median of its turns. The contenders take turns in one process,
 * each time in the opposite order, so that whatever else happens to the machine happens to all of them, and of
 * two each comes as often after itself as after the other.
 *
 * Benchmark libraries measure one contender to its end before the next; differences of one part in thirty, as
 * between two ways to set a header, are smaller than what a machine drifts meanwhile.
 */
export async function takeTurns(
  contenders: Readonly<Record<string, Batch>>,
  { warmUp, turns, calls }: Pace,
  backwards: boolean,
): Promise<Record<string, number>> {
  const entries = Object.entries(contenders);
  const taken = new Map(entries.map(([name]): [string, number[]] => [name, []]));
  for (let turn = -warmUp; turn < turns; turn++) {
    const isOdd = turn % 2 !== 0;
    for (const [name, batch] of isOdd === backwards ? entries : entries.toReversed()) {
      const nanoseconds = await time(name, batch, calls);
      if (turn >= 0) taken.get(name)?.push(nanoseconds);
    }
  }
  return Object.fromEntries([...taken].map(([name, samples]) => [name, median(samples)]));
}

/** Several comparisons, one after the other; what is compared with each other belongs into one. */
export async function compareAll(
  comparisons: readonly Readonly<Record<string, Batch>>[],
  pace: Pace,
  backwards: boolean,
): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  for (const contenders of backwards ? comparisons.toReversed() : comparisons) {
    Object.assign(times, await takeTurns(contenders, pace, backwards));
  }
  return times;
}

async function time(name: string, batch: Batch, calls: number): Promise<number> {
  // A batch pays for its own garbage; a single call does as it does in life.
  if (calls > 1) collectGarbage("minor");
  const start = performance.now();
  const outcome = batch(calls);
  const right = outcome instanceof Promise ? await outcome : outcome;
  const spent = performance.now() - start;
  if (right !== calls) throw new Error(`${name}: ${calls - right} of ${calls} calls came out wrong`);
  return (spent * 1e6) / calls;
}
