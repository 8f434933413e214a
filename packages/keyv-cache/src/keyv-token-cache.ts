import {
  ConfigurationError,
  sharedTokenCache,
  type SharedTokenCache,
  type TokenCache,
} from "@client-token/core";
import { decodeEntry, encodeEntry, type WrittenEntry } from "./entry.ts";
import { inTime } from "./in-time.ts";
import { keyvStore, type KeyvLike } from "./keyv-store.ts";
import { checkOptions, type KeyvTokenCacheOptions } from "./options.ts";
import { unwrap, wrap } from "./stored-value.ts";

/** Memcached takes a longer time to live for a date. */
const maxTimeToLive = 30 * 24 * 3_600_000;
/**
 * Keyv deletes what has ended by the clock of whoever reads it, for everybody: clocks may be as far apart as the
 * deletions of core allow. Memcached, too, needs more than a second: it drops fractions, takes 0 for no end, and
 * may end an entry up to a second early.
 */
const minTimeToLive = 600_000;
/** The part of the deadline that an encryption has: one that takes longer is not blamed on the store. */
const encryptionShare = 0.8;

/**
 * A shared cache over Keyv 5 or 6 and any of its stores. Entries that are expired, corrupt, cut off or foreign are
 * misses. A write is proven by reading it back. While the store is down, hangs or takes no writes, tokens come
 * from the token endpoint, and the manager's `onEvent` hears of it.
 *
 * With a `lease` a whole fleet makes one token request, without one each process makes its own. It listens to the
 * Keyv's `error` events, once for each Keyv.
 *
 * @throws ConfigurationError that names the option and the fix
 * @example
 * ```ts
 * import { createTokenManager } from "@client-token/core";
 * import { keyvTokenCache, redisLease } from "@client-token/keyv-cache";
 * import KeyvRedis, { Keyv } from "@keyv/redis";
 *
 * const store = new KeyvRedis({ url: "redis://localhost:6379", disableOfflineQueue: true });
 * const keyv = new Keyv({ store, namespace: "tokens", useKeyPrefix: false });
 * const cache = keyvTokenCache(keyv, { lease: redisLease(() => store.getClient()) });
 * const tokens = createTokenManager({ cache });
 * ```
 */
export function keyvTokenCache(keyv: KeyvLike, options: KeyvTokenCacheOptions = {}): SharedTokenCache {
  checkOptions(keyv, options);
  const { lease, encryption, ...shared } = options;
  const store = keyvStore(keyv);
  const limit = Math.round(encryptionShare * (options.deadline ?? 250));
  const ready = async <T>(work: Promise<T>): Promise<T> =>
    inTime(work, limit, () => {
      throw new Error(
        `The encryption of the cache did not get ready within ${limit} ms: load its keys before you start, or raise deadline.`,
      );
    });
  const encode = async (key: string, written: WrittenEntry): Promise<string> => {
    const json = encodeEntry(written);
    return wrap(encryption === undefined ? json : await ready(encryption.encrypt(json, key)));
  };
  const decode = async (key: string, found: unknown): Promise<WrittenEntry | undefined> => {
    const text = unwrap(found);
    if (text === undefined) return undefined;
    const json = encryption === undefined ? text : await ready(encryption.decrypt(text, key));
    return decodeEntry(json, Date.now());
  };
  const write = async (key: string, written: WrittenEntry, signal?: AbortSignal): Promise<void> => {
    const value = await encode(key, written);
    signal?.throwIfAborted();
    await store.write(key, value, timeToLive(written));
    signal?.throwIfAborted();
    // Keyv 5 answers `true` for failed writes.
    const found = await store.read(key);
    if (found !== value && !overtakes(await decode(key, found), written)) {
      throw new Error("The shared cache reported success, but the entry is not there.");
    }
  };
  const cache: TokenCache = {
    async get(key, { signal } = {}) {
      checkKey(key);
      return unlessAborted(signal, async () => {
        encryption?.warmUp?.();
        return (await decode(key, await store.read(key)))?.entry;
      });
    },
    async set(key, entry, { signal } = {}) {
      checkKey(key);
      return unlessAborted(signal, () => write(key, { writtenAt: Date.now(), entry }, signal));
    },
  };
  if (lease !== undefined) {
    // Not cut off at an abort: a lease that comes late has to be given back.
    cache.acquireLease = async (key, duration, call) => {
      checkKey(key);
      return lease(key, duration, call);
    };
  }
  return sharedTokenCache(cache, shared);
}

/** 1–180 characters. Core's own keys always fit. Postgres takes 255 characters, memcached 250, and Keyv adds its namespace. */
function checkKey(key: string): void {
  if (/^[\w.:-]{1,180}$/.test(key)) return;
  throw new ConfigurationError(
    '"cacheKey" gave a key that not every store takes: keep to A-Z a-z 0-9 . _ : - and 172 characters, so that ":failure" has room behind it.',
  );
}

/** Positive whole milliseconds: stores take others for no limit at all, or fail in silence. */
function timeToLive({ writtenAt, entry }: WrittenEntry): number {
  const left = Math.floor(entry.expiresAt - writtenAt);
  if (!(left >= 1 && left < Infinity)) throw new Error("The cache entry has no time to live.");
  return Math.min(Math.max(left, minTimeToLive), maxTimeToLive);
}

/** Another process may have written meanwhile. A token does not prove that a deletion was stored. */
function overtakes(found: WrittenEntry | undefined, { entry, writtenAt }: WrittenEntry): boolean {
  return found !== undefined && found.entry.kind === entry.kind && found.writtenAt >= writtenAt;
}

/** Keyv cannot be stopped: only the wait ends, and what comes later is handled. */
async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  let end = (): void => {};
  return new Promise<T>((resolve, reject) => {
    end = () => reject(signal?.reason);
    signal?.addEventListener("abort", end);
    work().then(resolve, reject);
  }).finally(() => signal?.removeEventListener("abort", end));
}
