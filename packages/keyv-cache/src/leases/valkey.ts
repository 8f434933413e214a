import type { AcquireLease } from "./acquire-lease.ts";
import { clientOf, expectMethods, refuse, type ClientSource } from "./client-source.ts";
import { compareAndDelete } from "./compare-and-delete.ts";
import { leasesIn } from "./lease-store.ts";

/** What {@link valkeyLease} uses of an iovalkey or ioredis client: a single one or a cluster. */
export interface ValkeyLeaseClient {
  /** @returns `null` if the key is there */
  set(key: string, value: string, px: "PX", milliseconds: number, nx: "NX"): Promise<unknown>;
  get(key: string): Promise<unknown>;
  eval(script: string, keys: number, key: string, argument: string): Promise<unknown>;
}

/**
 * Leases in Valkey or Redis through iovalkey, the client of `@keyv/valkey`, or ioredis: `SET NX PX` takes one, a
 * script gives it back if it is still ours. Where `EVAL` is forbidden a lease ends by its time alone.
 *
 * @param client - connected to the server that holds the tokens, or a function that gives it, sync or async
 * @throws ConfigurationError that says what is wrong with the client; for a function, when it is first used
 * @example
 * ```ts
 * import { keyvTokenCache, valkeyLease } from "@client-token/keyv-cache";
 * import KeyvValkey from "@keyv/valkey";
 * import { Keyv } from "keyv";
 *
 * const store = new KeyvValkey("redis://localhost:6379", { useRedisSets: false });
 * const keyv = new Keyv({ store, namespace: "tokens", useKeyPrefix: false });
 * const cache = keyvTokenCache(keyv, { lease: valkeyLease(store.redis) });
 * ```
 */
export function valkeyLease(client: ClientSource<ValkeyLeaseClient>): AcquireLease {
  const connected = clientOf(client, check);
  return leasesIn(async () => {
    const valkey = await connected();
    return {
      take: async (key, owner, duration) => (await valkey.set(key, owner, "PX", duration, "NX")) !== null,
      holder: (key) => valkey.get(key),
      drop: async (key, owner) => (await valkey.eval(compareAndDelete, 1, key, owner)) === 1,
    };
  });
}

function check(client: ValkeyLeaseClient): void {
  const hint = "give an iovalkey or ioredis client, or a function that gives one: store.redis.";
  expectMethods("valkeyLease", client, ["set", "get", "eval"], hint);
  // It would leave out the arguments that make a lease of it, without a word.
  if ("isOpen" in client) refuse("valkeyLease", "is of node-redis: use redisLease.");
}
