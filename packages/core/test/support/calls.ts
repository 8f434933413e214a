/** Calls `count` times at once. */
export function atOnce<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)));
}

/** Calls `count` times, one after the other. */
export async function inARow<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let index = 0; index < count; index++) results.push(await call(index));
  return results;
}

/** The error that `work` ends in. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  const [result] = await Promise.allSettled([work]);
  if (result.status === "fulfilled") throw new Error("It was expected to fail, and did not.");
  if (!(result.reason instanceof Error)) throw new Error("What was thrown is no Error.");
  return result.reason;
}

/** The error that `work` throws at once. */
export function errorOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("It was expected to throw an Error, and did not.");
}

/** How often each value occurs. */
export function tally(values: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
}
