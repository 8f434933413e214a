import { sharedKey, type SharedKey } from "../cache/shared-key.ts";
import { ConfigurationError, safeCause } from "../errors.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import type { SharedSubject } from "../options/shared-tokens.ts";
import type { TokenCache } from "../options/token-cache.ts";
import type { CacheOperation } from "../options/token-event.ts";
import { createBreaker } from "./breaker.ts";
import { inTime, Late } from "./deadline.ts";
import { createQueues } from "./queues.ts";

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
  /** Ends in time, whatever the store does; a failure is told as an event. The calls for one key go one after another. */
  call<T>(subject: SharedSubject, call: StoreCall<T>): Promise<T>;
}

/** The key of a subject, for as long as its options and the key that its tokens are bound to stay the same. */
interface KnownKey {
  readonly client: ResolvedClient;
  readonly bound: string | undefined;
  readonly key: Promise<SharedKey>;
}

/** @param deadline - milliseconds for one call, once it is its turn */
export function openStore(cache: TokenCache, deadline: number): Store {
  const breaker = createBreaker();
  const keys = new WeakMap<SharedSubject, KnownKey>();
  /** Over a pool of connections a token's write could overtake its deletion. */
  const inTurn = createQueues();

  const keyOf = (subject: SharedSubject): Promise<SharedKey> => {
    const { client, proofKey } = subject;
    const bound = proofKey?.thumbprint;
    const known = keys.get(subject);
    if (known?.client === client && known.bound === bound) return known.key;
    const key = sharedKey(subject);
    keys.set(subject, { client, bound, key });
    // A cacheKey function that failed once may work the next time.
    key.catch(() => keys.delete(subject));
    return key;
  };

  /** Rejects while the store is left alone. */
  const admit = async (
    { client: { clock } }: SharedSubject,
    { key }: SharedKey,
    whenOpen: StoreCall<unknown>["whenOpen"],
  ): Promise<void> => {
    if (!breaker.isOpen() || whenOpen === "insist") return;
    // Nothing is ever stored there; a store may take no keys but those that begin like this one.
    const read = (signal: AbortSignal): Promise<unknown> => cache.get(`${key}:probe`, { signal });
    const probing = breaker.probe(clock, () => inTime(clock, deadline, read));
    if (whenOpen === "wait") await probing;
    if (breaker.isOpen()) {
      throw new Error("The shared cache is left alone for a moment, because it did not work.");
    }
  };

  const run = async <T>({ client }: SharedSubject, call: StoreCall<T>, key: SharedKey): Promise<T> => {
    const { clock } = client;
    try {
      const result = await inTime(clock, deadline, (signal) => call.run(key, signal), call.tooLate);
      breaker.succeeded();
      return result;
    } catch (error) {
      // A store that refuses to write may still be read, and a key that it refuses is one client's mistake.
      const isOneOff = call.operation === "set" || error instanceof ConfigurationError;
      if (error instanceof Late || !isOneOff) breaker.failed(clock, error instanceof Late);
      throw error;
    }
  };

  return {
    async call(subject, call) {
      const fail = (error: unknown): never => {
        throw tell(subject, call, error);
      };
      const key = await keyOf(subject).catch(fail);
      await admit(subject, key, call.whenOpen);
      return inTurn(key.key, async () => {
        // The call before may have found out that the store hangs.
        await admit(subject, key, call.whenOpen);
        return run(subject, call, key).catch(fail);
      });
    },
  };
}

/** Tells of a failed call, and gives an error that shows no token. */
function tell(
  { client, held, emit }: SharedSubject,
  { operation, secret }: Pick<StoreCall<unknown>, "operation" | "secret">,
  error: unknown,
): Error {
  const secrets = [secret, held?.token.accessToken].filter((one) => one !== undefined);
  // A parser's words quote what it read.
  const told = error instanceof SyntaxError ? new Error("The shared cache holds what is no entry.") : error;
  const clean = (text: string): string =>
    secrets.reduce((rest, one) => rest.replaceAll(one, "[redacted]"), withoutArguments(text));
  const shown = safeCause(told, clean) ?? new Error("The shared cache failed.");
  emit({ type: "cache-failed", client: client.name, operation, error: shown });
  return shown;
}

/** Redis repeats a command that it does not know, and that may hold the password of the connection. */
function withoutArguments(text: string): string {
  return text.replace(/,? with args beginning with:.*/s, "");
}
