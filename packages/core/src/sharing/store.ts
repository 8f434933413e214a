import { sharedKey, type SharedKey } from "../cache/shared-key.ts";
import { waitFor, type Clock } from "../clock.ts";
import { ConfigurationError, safeCause } from "../errors.ts";
import type { SharedSubject } from "../options/shared-tokens.ts";
import type { TokenCache } from "../options/token-cache.ts";
import type { CacheOperation } from "../options/token-event.ts";
import { createBreaker } from "./breaker.ts";

/** A key that nothing is ever stored under. */
const probeKey = "client-token::probe";

/** One use of the store for one subject. */
interface StoreCall<T> {
  readonly operation: CacheOperation;
  readonly run: (key: SharedKey, signal: AbortSignal) => Promise<T>;
  /** What to do with a result that comes when nobody waits for it any more. */
  readonly tooLate?: ((result: T) => unknown) | undefined;
  /**
   * What to do while the store is left alone. By default the call fails at once, and a probe in the background finds
   * out whether the store is back; `wait`: for that probe, since nobody waits for this call; `insist`: go out all the
   * same, somebody has to know for sure.
   */
  readonly whenOpen?: "wait" | "insist" | undefined;
  /** Blotted out where the store's error is shown; so is the token in use. */
  readonly secret?: string | undefined;
}

/** A store that is not trusted to settle. */
export interface Store {
  /** Ends in time, whatever the store does; a failure is told as an event. The calls for one subject go one after another. */
  call<T>(subject: SharedSubject, call: StoreCall<T>): Promise<T>;
}

/** The key of a subject, for as long as its tokens are bound to the same key. */
interface KnownKey {
  readonly bound: string | undefined;
  readonly key: Promise<SharedKey>;
}

class Late extends Error {}

/** @param deadline - milliseconds for one call */
export function openStore(cache: TokenCache, deadline: number): Store {
  const breaker = createBreaker();
  const keys = new WeakMap<SharedSubject, KnownKey>();
  /** Over a pool of connections a token's write could overtake its deletion. */
  const queues = new WeakMap<SharedSubject, Promise<unknown>>();

  const keyOf = (subject: SharedSubject): Promise<SharedKey> => {
    const bound = subject.proofKey?.thumbprint;
    const known = keys.get(subject);
    if (known !== undefined && known.bound === bound) return known.key;
    const key = sharedKey(subject);
    keys.set(subject, { bound, key });
    // A cacheKey function that failed once may work the next time.
    key.catch(() => keys.delete(subject));
    return key;
  };

  const probe = (clock: Clock): Promise<unknown> =>
    inTime(clock, deadline, (signal) => cache.get(probeKey, { signal }));

  const run = async <T>(
    subject: SharedSubject,
    { operation, tooLate, ...call }: StoreCall<T>,
  ): Promise<T> => {
    const { clock } = subject.client;
    const key = await keyOf(subject);
    const turn = queues.get(subject);
    const result = inTime(
      clock,
      deadline,
      async (signal) => {
        await turn;
        signal.throwIfAborted();
        return call.run(key, signal);
      },
      tooLate,
    );
    const settled = result.then(breaker.succeeded, (error: unknown) => {
      // A store that refuses to write may still be read, and a key that it refuses is one client's mistake.
      const isOneOff = operation === "set" || error instanceof ConfigurationError;
      if (error instanceof Late || !isOneOff) breaker.failed(clock, error instanceof Late);
    });
    queues.set(subject, settled);
    return result;
  };

  return {
    async call(subject, call) {
      const { clock, name } = subject.client;
      if (breaker.isOpen() && call.whenOpen !== "insist") {
        const probing = breaker.probe(clock, () => probe(clock));
        if (call.whenOpen === "wait") await probing;
        if (breaker.isOpen()) {
          throw new Error("The shared cache is left alone for a moment, because it did not work.");
        }
      }
      try {
        return await run(subject, call);
      } catch (error) {
        const { operation, secret } = call;
        const secrets = [secret, subject.held?.token.accessToken].filter((one) => one !== undefined);
        // A parser's words quote what it read.
        const told =
          error instanceof SyntaxError ? new Error("The shared cache holds what is no entry.") : error;
        const shown = safeCause(told, (text) =>
          secrets.reduce((clean, one) => clean.replaceAll(one, "[redacted]"), text),
        );
        subject.emit({ type: "cache-failed", client: name, operation, error: shown });
        throw shown ?? new Error("The shared cache failed.");
      }
    },
  };
}

async function inTime<T>(
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
