import { waitFor } from "../clock.ts";
import { safeCause, TokenClientError } from "../errors.ts";
import { checker } from "../options/checks.ts";
import {
  sharing,
  type SharedSubject,
  type SharedTokenCache,
  type SharedTokens,
} from "../options/shared-tokens.ts";
import type { CacheEntry, TokenCache } from "../options/token-cache.ts";
import { since, type HeldToken } from "../policy/held-token.ts";
import { sharedKey, type SharedKey } from "./shared-key.ts";
import { decodeToken, encodeToken } from "./token-entry.ts";

/** How long the mark of a deletion stays, in milliseconds. */
const tombstoneLife = 120_000;

/** How a shared cache is used. */
export interface SharedTokenCacheOptions {
  /**
   * Milliseconds for one call of the store. No store is trusted to settle.
   * @defaultValue 250
   */
  readonly deadline?: number | undefined;
}

/**
 * Lets managers share tokens through a {@link TokenCache} of your own. It brings everything that sharing needs,
 * so that processes which share nothing do not load it.
 *
 * @example
 * ```ts
 * import { createTokenManager, sharedTokenCache, type CacheEntry } from "@client-token/core";
 *
 * const entries = new Map<string, CacheEntry>();
 * const cache = sharedTokenCache({
 *   get: async (key) => entries.get(key),
 *   set: async (key, entry) => void entries.set(key, entry),
 * });
 * const tokens = createTokenManager({ cache });
 * ```
 * @throws ConfigurationError that names the option and the fix
 */
export function sharedTokenCache(cache: TokenCache, options: SharedTokenCacheOptions = {}): SharedTokenCache {
  const check = checker("the shared token cache");
  check.known(options, { deadline: 0 });
  const deadline = check.number(
    "deadline",
    options.deadline,
    250,
    10,
    10_000,
    "it is in milliseconds, from 10 to 10 000.",
  );
  return {
    get: (key, call) => cache.get(key, call),
    set: (key, entry, call) => cache.set(key, entry, call),
    ...(cache.acquireLease === undefined ? {} : { acquireLease: cache.acquireLease.bind(cache) }),
    [sharing]: drive(cache, deadline),
  };
}

function drive(cache: TokenCache, deadline: number): SharedTokens {
  const keys = new WeakMap<SharedSubject, Promise<SharedKey>>();
  const keyOf = (subject: SharedSubject): Promise<SharedKey> => {
    const key = keys.get(subject) ?? sharedKey(subject);
    keys.set(subject, key);
    // A cacheKey function that failed once may work the next time.
    key.catch(() => keys.delete(subject));
    return key;
  };

  const queues = new WeakMap<SharedSubject, Promise<unknown>>();
  /**
   * One call of the store, which ends in time, whatever the store does. Calls for one key go one after another:
   * over a pool of connections a token's write could overtake its deletion.
   */
  const call = <T>(
    subject: SharedSubject,
    run: (key: SharedKey, signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const controller = new AbortController();
    const work = (queues.get(subject) ?? Promise.resolve()).then(async () => {
      controller.signal.throwIfAborted();
      return run(await keyOf(subject), controller.signal);
    });
    const result = waitFor(subject.client.clock, work, deadline, () => {
      const late = new Error(`The shared cache did not answer within ${deadline} ms.`);
      controller.abort(late);
      return late;
    });
    queues.set(
      subject,
      result.catch(() => {}),
    );
    return result;
  };
  const store = (subject: SharedSubject, entryOf: (digest: string) => CacheEntry): Promise<void> =>
    call(subject, ({ key, digest }, signal) => cache.set(key, entryOf(digest), { signal })).catch(
      (error: unknown) => {
        report(subject, "set", error);
        throw error;
      },
    );

  return {
    async read(subject) {
      try {
        return await call(subject, async ({ key, digest }, signal) => {
          const found = decodeToken(await cache.get(key, { signal }), digest, subject.client);
          return found !== undefined && isFit(subject, found) ? found : undefined;
        });
      } catch (error) {
        report(subject, "get", error);
        return undefined;
      }
    },
    write: (subject, token) => store(subject, (digest) => encodeToken(token, digest)).catch(() => {}),
    async bury(subject) {
      const { clock, name } = subject.client;
      const expiresAt = clock.now() + tombstoneLife;
      await store(subject, (digest) => ({ kind: "tombstone", expiresAt, digest })).catch((cause: unknown) => {
        throw new TokenClientError(
          "the token is deleted here, but the shared cache did not take the deletion, so other processes may still use it: delete it again later.",
          { client: name, code: "ERR_TOKEN_CACHE", cause: safeCause(cause) },
        );
      });
    },
  };
}

/** Any that lives, where there is none; else another, not yet due; after a rejection also no older one. */
function isFit({ held, client }: SharedSubject, found: HeldToken): boolean {
  if (held === undefined) return true;
  const age = since(found.requestedAt, client.clock);
  if (held.token.accessToken === found.token.accessToken || age >= found.lifetime.usable) return false;
  return held.rejected ? found.token.expiresAt >= held.token.expiresAt : age < found.lifetime.due;
}

function report({ emit, client }: SharedSubject, operation: "get" | "set", error: unknown): void {
  emit({ type: "cache-failed", client: client.name, operation, error: safeCause(error) });
}
