import type { AcquireLease } from "./acquire-lease.ts";
import { clientOf, expectMethods, refuse, type ClientSource } from "./client-source.ts";
import { compareAndDelete } from "./compare-and-delete.ts";
import { leasesIn } from "./lease-store.ts";

/** What {@link redisLease} uses of a node-redis client, version 5 or 6: single, pool, cluster or sentinel. */
export interface RedisLeaseClient {
  /** @returns `null` if the key is there */
  set(key: string, value: string, options: { NX: true; PX: number }): Promise<unknown>;
  get(key: string): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/**
 * Leases in Redis through node-redis, the client of `@keyv/redis`: `SET NX PX` takes one, a script gives it back
 * if it is still ours. Where `EVAL` is forbidden a lease ends by its time alone.
 *
 * @param client - connected to the Redis that holds the tokens, or a function that gives it, sync or async
 * @throws ConfigurationError that says what is wrong with the client; for a function, when it is first used
 * @example
 * ```ts
 * import { keyvTokenCache, redisLease } from "@client-token/keyv-cache";
 * import KeyvRedis, { Keyv } from "@keyv/redis";
 *
 * const store = new KeyvRedis({ url: "redis://localhost:6379", disableOfflineQueue: true });
 * const keyv = new Keyv({ store, namespace: "tokens", useKeyPrefix: false });
 * const cache = keyvTokenCache(keyv, { lease: redisLease(() => store.getClient()) });
 * ```
 */
export function redisLease(client: ClientSource<RedisLeaseClient>): AcquireLease {
  const connected = clientOf(client, check);
  return leasesIn(async () => {
    const redis = await connected();
    return {
      take: async (key, owner, duration) =>
        (await redis.set(key, owner, { NX: true, PX: duration })) !== null,
      holder: (key) => redis.get(key),
      drop: async (key, owner) =>
        (await redis.eval(compareAndDelete, { keys: [key], arguments: [owner] })) === 1,
    };
  });
}

function check(client: RedisLeaseClient): void {
  const hint = "give a node-redis client, or a function that gives one: () => store.getClient().";
  expectMethods("redisLease", client, ["set", "get", "eval"], hint);
  // It would misread the arguments.
  if ("defineCommand" in client) refuse("redisLease", "is of iovalkey or ioredis: use valkeyLease.");
}
