import { systemClock, type Clock } from "../clock.ts";
import type { SharedTokenCache } from "../options/shared-tokens.ts";
import type { CacheEntry } from "../options/token-cache.ts";
import { sharedTokenCache } from "./shared-token-cache.ts";

/**
 * A shared cache in this process's memory: for tests, and for several managers that share one process. A
 * manager alone needs none, since it keeps its tokens itself.
 *
 * @example
 * ```ts
 * import { createTokenManager, memoryTokenCache } from "@client-token/core";
 *
 * const cache = memoryTokenCache();
 * const first = createTokenManager({ cache });
 * const second = createTokenManager({ cache });
 * ```
 */
export function memoryTokenCache(options: { readonly clock?: Clock } = {}): SharedTokenCache {
  const clock = options.clock ?? systemClock;
  const entries = new Map<string, string>();
  const leases = new Map<string, { until: number }>();
  return sharedTokenCache({
    async get(key) {
      const stored = entries.get(key);
      if (stored === undefined) return undefined;
      const entry = JSON.parse(stored) as CacheEntry;
      if (entry.expiresAt > clock.now()) return entry;
      entries.delete(key);
      return undefined;
    },
    async set(key, entry) {
      entries.set(key, JSON.stringify(entry));
    },
    async acquireLease(key, duration) {
      const held = leases.get(key);
      if (held !== undefined && held.until > clock.monotonic()) return undefined;
      const lease = { until: clock.monotonic() + duration };
      leases.set(key, lease);
      return {
        async release() {
          if (leases.get(key) === lease) leases.delete(key);
        },
      };
    },
  });
}
