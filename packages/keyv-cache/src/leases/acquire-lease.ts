import type { TokenCache } from "@client-token/core";

/**
 * Takes the lease of a cache key, so that one process of a fleet asks for a token and the others wait for it.
 * `redisLease`, `valkeyLease`, `postgresLease` and `memcacheLease` make one; so can you.
 *
 * Theirs keep the lease of `key` under `key:lease`, without the namespace of the Keyv, and hold no secret.
 */
export type AcquireLease = NonNullable<TokenCache["acquireLease"]>;
