import { checker } from "../options/checks.ts";
import { sharing, type SharedTokenCache, type SharedTokens } from "../options/shared-tokens.ts";
import type { TokenCache } from "../options/token-cache.ts";
import { watch } from "./adoption.ts";
import { openLeases } from "./leases.ts";
import { look } from "./look.ts";
import { createMemories } from "./memory.ts";
import { openRecords } from "./records.ts";
import { openStore } from "./store.ts";
import { takeTurn } from "./turns.ts";

/** How far apart the clocks of a fleet may be without a deletion being missed, in milliseconds. */
const clockTolerance = 600_000;

/** How a shared cache is used. */
export interface SharedTokenCacheOptions {
  /**
   * Milliseconds for one call of the store, from 10 to 10 000. No store is trusted to settle.
   * @defaultValue 250
   */
  readonly deadline?: number | undefined;
  /**
   * How often a process looks, in milliseconds, whether others have deleted or replaced the token that it uses:
   * from 100 to 3 600 000. It looks in the background when the token is used, never ahead of a call.
   * @defaultValue 60_000
   */
  readonly lookInterval?: number | undefined;
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
  check.known(options, { deadline: 0, lookInterval: 0 });
  const milliseconds = (name: keyof SharedTokenCacheOptions, value: number, least: number, most: number) =>
    check.number(name, options[name], value, least, most, `it is in milliseconds, from ${least} to ${most}.`);
  const deadline = milliseconds("deadline", 250, 10, 10_000);
  const lookInterval = milliseconds("lookInterval", 60_000, 100, 3_600_000);
  return {
    get: (key, call) => cache.get(key, call),
    set: (key, entry, call) => cache.set(key, entry, call),
    ...(cache.acquireLease === undefined ? {} : { acquireLease: cache.acquireLease.bind(cache) }),
    [sharing]: drive(cache, deadline, lookInterval),
  };
}

function drive(cache: TokenCache, deadline: number, lookInterval: number): SharedTokens {
  const store = openStore(cache, deadline);
  const memoryOf = createMemories();
  const records = openRecords(cache, store, memoryOf);
  // To get it, to look again, to ask, and to write; the half second is for everything in between.
  const leaseTime = (timeout: number): number => timeout + 3 * deadline + 500;
  let writer: string | undefined;
  const rules = {
    records,
    leases: openLeases(cache, store, memoryOf),
    memoryOf,
    writer: () => (writer ??= crypto.randomUUID()),
    leaseTime,
  };
  return {
    // A lease that its holder left behind, the last pause, the calls of the store around them, and the request.
    patience: (timeout) => leaseTime(timeout) + 1500 + 4 * deadline + timeout,
    async obtain(subject, flight) {
      const turn = takeTurn(rules, subject, flight);
      // It may have a lease to give back when nobody waits for it any more.
      subject.inBackground(turn.catch(() => {}));
      const outcome = await turn;
      watch(outcome.held, lookInterval, subject.client.clock);
      return outcome;
    },
    look: (subject, drop) => look(records, memoryOf, subject, lookInterval, drop),
    // Every process that is in use looks before it ends, and no flight from before it is still in the air.
    bury(subject, deleted) {
      const life = leaseTime(subject.client.timeout) + 2 * lookInterval + clockTolerance;
      return records.writeTombstone(subject, deleted, life);
    },
  };
}
