import { KeyvMemcache } from "@keyv/memcache";
import { Client } from "memjs";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeWithMemcached } from "../../../../test/support/describe-stores.ts";
import { memcacheLease, type MemcacheLeaseClient } from "../../src/leases/memcache.ts";
import { benchOver } from "./support/bench.ts";
import { freshKey, keepsLeasePromises } from "./support/promises.ts";

interface Address {
  readonly port: number;
}

/** memjs reports on the console unless it has a logger. */
const logger = { log: (): void => {} };

/** @param timeout - seconds */
function openClient({ port }: Address, timeout = 2, retries = 1): Client {
  const client = Client.create(`127.0.0.1:${port}`, { timeout, retries, retry_delay: 0.02, logger });
  onTestFinished(() => client.close());
  return client;
}

async function holderIn(address: Address, key: string): Promise<string | undefined> {
  const { value } = await openClient(address).get(`${key}:lease`);
  return value?.toString();
}

describeWithMemcached("a lease in memcached", (start) => {
  keepsLeasePromises(() =>
    benchOver(start, {
      connect: async (server) => memcacheLease(openClient(server)),
      connectImpatient: async (server) => memcacheLease(openClient(server, 0.2)),
      holder: holderIn,
    }),
  );

  test("goes through the client of @keyv/memcache", async () => {
    await using memcached = await start();
    const store = new KeyvMemcache(`127.0.0.1:${memcached.port}`, { logger });
    onTestFinished(() => store.client.close());
    const acquire = memcacheLease(store.client);
    const key = freshKey();
    const lease = await acquire(key, 5_000);
    expect(await acquire(key, 5_000)).toBeUndefined();
    await lease?.release();
    expect(await acquire(key, 5_000)).toBeDefined();
  });

  test("is ours although memjs, which had no answer, sent the command once more", async () => {
    await using memcached = await start();
    const client = openClient(memcached);
    const acquire = memcacheLease({
      async add(...args) {
        await client.add(...args);
        return client.add(...args);
      },
      get: (name) => client.get(name),
      delete: (name) => client.delete(name),
    });
    const key = freshKey();
    const lease = await acquire(key, 60_000);
    expect(lease).toBeDefined();
    await lease?.release();
    expect(await holderIn(memcached, key)).toBeUndefined();
  });

  test("lasts no shorter than asked for, by a clock that counts in seconds", async () => {
    const seconds: number[] = [];
    const acquire = memcacheLease({
      async add(_, __, { expires }) {
        seconds.push(expires);
        return true;
      },
      get: async () => ({ value: null }),
      delete: async () => false,
    });
    for (const duration of [1, 1_000, 1_001, 11_250]) await acquire(freshKey(), duration);
    expect(seconds).toEqual([2, 2, 3, 13]);
  });

  test("is left to end by itself in its last half second, and when it is another's", async () => {
    await using memcached = await start();
    const client = openClient(memcached);
    const deleted: string[] = [];
    const spy: MemcacheLeaseClient = {
      add: (...args) => client.add(...args),
      get: (name) => client.get(name),
      async delete(name) {
        deleted.push(name);
        return client.delete(name);
      },
    };
    const acquire = memcacheLease(spy);
    const [short, stolen, ours] = [freshKey(), freshKey(), freshKey()];
    await (await acquire(short, 499))?.release();

    const lease = await acquire(stolen, 60_000);
    await client.delete(`${stolen}:lease`);
    await client.add(`${stolen}:lease`, "another", {});
    await lease?.release();

    await (await acquire(ours, 60_000))?.release();
    expect(deleted).toEqual([`${ours}:lease`]);
  });
});

describe("a client that memcacheLease cannot use", () => {
  test("is refused at construction, with what to give instead", () => {
    // @ts-expect-error a store is no client
    expect(() => memcacheLease(new KeyvMemcache("127.0.0.1:1"))).toThrow(
      '"client" of memcacheLease has no method "add": give a memjs client: store.client.',
    );
  });
});
