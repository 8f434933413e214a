import { waitFor, type Clock } from "../clock.ts";

/** What did not come in time. */
export class Late extends Error {}

/**
 * Gives a call of the store so many milliseconds, and aborts it when they are over.
 *
 * @param tooLate - what to do with a result that comes after that
 * @throws Late
 */
export async function inTime<T>(
  clock: Clock,
  deadline: number,
  start: (signal: AbortSignal) => Promise<T>,
  tooLate?: (result: T) => unknown,
): Promise<T> {
  const controller = new AbortController();
  const late = new Late(`The shared cache did not answer within ${deadline} ms.`);
  const work = start(controller.signal);
  const last = deadline / 10;
  try {
    return await waitFor(clock, work, deadline - last, () => late).catch((error: unknown) => {
      // A busy process sees its timers before its sockets: the answer may already be there.
      if (error === late) return waitFor(clock, work, last, () => late);
      throw error;
    });
  } catch (error) {
    if (error === late && tooLate !== undefined) work.then(tooLate).catch(() => {});
    controller.abort(error);
    throw error;
  }
}
