import type { Fetch, TokenClient } from "@client-token/core";
import type { FakeClock } from "@client-token/core/testing";
import type { Call } from "./drivers.ts";

/** What is under way on the wire. It tells when the fake clock may move on without taking time from real I/O. */
export interface Traffic {
  /** Counts calls of the API. */
  readonly countCalls: (call: Call) => Call;
  /** Counts token requests in the air. */
  readonly countTokenRequests: (next: Fetch) => Fetch;
  /** Counts the calls that wait for a token. */
  readonly countWaits: (client: TokenClient) => TokenClient;
  /** How many calls have had to wait for a token so far. */
  readonly waits: () => number;
  /** Holds an answer of the token endpoint back until `until`: time may pass meanwhile. */
  readonly holdBack: <T>(until: Promise<T>) => Promise<T>;
  /** Resolves when every call waits for a token, and every token request for an answer that is held back. */
  readonly quiet: () => Promise<void>;
}

export function createTraffic(): Traffic {
  let calls = 0;
  let waiting = 0;
  let waits = 0;
  let tokenRequests = 0;
  let heldBack = 0;
  const wait = async <T>(work: Promise<T>): Promise<T> => {
    waiting++;
    waits++;
    try {
      return await work;
    } finally {
      waiting--;
    }
  };
  return {
    countCalls: (call) => async (options) => {
      calls++;
      try {
        return await call(options);
      } finally {
        calls--;
      }
    },
    countTokenRequests: (next) => async (input, init) => {
      tokenRequests++;
      try {
        return await next(input, init);
      } catch (error) {
        // Only a request whose answer is held back lives long enough to be aborted.
        if (init?.signal?.aborted === true) heldBack--;
        throw error;
      } finally {
        tokenRequests--;
      }
    },
    countWaits: (client) => ({
      ...client,
      getToken: (request) => wait(client.getToken(request)),
      rejectToken: (token, request) => wait(client.rejectToken(token, request)),
    }),
    waits: () => waits,
    async holdBack(until) {
      heldBack++;
      const result = await until;
      heldBack--;
      return result;
    },
    async quiet() {
      const busy = (): boolean => calls > waiting || tokenRequests > heldBack;
      do {
        // A turn of the event loop at least, so that whoever waits for a call hears of its end first.
        await new Promise((resolve) => setTimeout(resolve, 0));
      } while (busy());
    },
  };
}

/** What became of some work, and how long it took by the fake clock, to one step. */
export interface Timed<T> {
  readonly result: PromiseSettledResult<T>;
  /** Milliseconds. */
  readonly took: number;
}

/** Moves the clock on in steps until `work` has ended; real I/O takes no time by that clock. */
export async function letTimePass<T>(
  { clock, traffic }: { readonly clock: FakeClock; readonly traffic: Traffic },
  work: Promise<T>,
  step = 100,
): Promise<Timed<T>> {
  const started = clock.monotonic();
  const ended: number[] = [];
  const note = (): unknown => ended.push(clock.monotonic());
  work.then(note, note);
  await traffic.quiet();
  for (let steps = 0; ended.length === 0; steps++) {
    if (steps === 1000) throw new Error(`Nothing came of it in ${steps} steps of ${step} ms.`);
    await clock.advance(step);
    await traffic.quiet();
  }
  const [result] = await Promise.allSettled([work]);
  return { result, took: (ended[0] ?? Infinity) - started };
}
