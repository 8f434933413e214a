import type { AcquireLease } from "./acquire-lease.ts";
import { clientOf, expectMethods, type ClientSource } from "./client-source.ts";
import { leasesIn } from "./lease-store.ts";

/** What {@link memcacheLease} uses of a memjs client. */
export interface MemcacheLeaseClient {
  /** @param options - `expires`: seconds */
  add(key: string, value: string, options: { expires: number }): Promise<boolean>;
  get(key: string): Promise<{ readonly value: unknown }>;
  delete(key: string): Promise<boolean>;
}

/** What has to be left of a lease to give it back, in milliseconds: reading and deleting are two steps. */
const margin = 500;

/**
 * Leases in memcached through memjs, the client of `@keyv/memcache`: `add` takes one. Memcached counts in seconds,
 * and a lease stays up to two longer than asked for.
 *
 * memjs cannot compare and delete in one step: a lease is given back if it is read as ours and has at least half
 * a second left, and else ends by itself.
 *
 * @param client - of the servers that hold the tokens, or a function that gives it, sync or async
 * @throws ConfigurationError that says what is wrong with the client; for a function, when it is first used
 * @example
 * ```ts
 * import { keyvTokenCache, memcacheLease } from "@client-token/keyv-cache";
 * import KeyvMemcache from "@keyv/memcache";
 * import { Keyv } from "keyv";
 *
 * const store = new KeyvMemcache("localhost:11211");
 * const cache = keyvTokenCache(new Keyv({ store }), { lease: memcacheLease(store.client) });
 * ```
 */
export function memcacheLease(client: ClientSource<MemcacheLeaseClient>): AcquireLease {
  const connected = clientOf(client, check);
  return leasesIn(async () => {
    const memcache = await connected();
    const holder = async (key: string): Promise<unknown> => (await memcache.get(key)).value;
    return {
      // The second under way counts as one.
      take: (key, owner, duration) => memcache.add(key, owner, { expires: Math.ceil(duration / 1000) + 1 }),
      holder,
      async drop(key, owner, left) {
        if (left < margin || String(await holder(key)) !== owner) return false;
        return memcache.delete(key);
      },
    };
  });
}

function check(client: MemcacheLeaseClient): void {
  expectMethods("memcacheLease", client, ["add", "get", "delete"], "give a memjs client: store.client.");
}
