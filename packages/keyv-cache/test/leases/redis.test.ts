import { ConfigurationError } from "@client-token/core";
import { createClient, createClientPool, createCluster, createSentinel } from "@redis/client";
import KeyvRedis from "@keyv/redis";
import { Redis as IoRedis } from "ioredis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { describeWithValkey } from "../../../../test/support/describe-stores.ts";
import { describeWithOwnRedis } from "../../../../test/support/redis.ts";
import type { AcquireLease } from "../../src/leases/acquire-lease.ts";
import { redisLease } from "../../src/leases/redis.ts";
import { benchOver, holderInRedis } from "./support/bench.ts";
import { freshKey, keepsLeasePromises } from "./support/promises.ts";

/** @param socketTimeout - how many milliseconds without an answer end the connection */
async function openClient(url: string, socketTimeout?: number) {
  const client = createClient({
    url,
    disableOfflineQueue: socketTimeout !== undefined,
    socket: { reconnectStrategy: () => 20, ...(socketTimeout === undefined ? {} : { socketTimeout }) },
  });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => (client.isOpen ? client.destroy() : undefined));
  return client;
}

const ways = {
  connect: async ({ url }: { readonly url: string }): Promise<AcquireLease> =>
    redisLease(await openClient(url)),
  connectImpatient: async ({ url }: { readonly url: string }): Promise<AcquireLease> =>
    redisLease(await openClient(url, 200)),
  holder: holderInRedis,
};

describeWithOwnRedis("a lease in Redis", (start) => {
  keepsLeasePromises(() => benchOver(start, ways));

  test("is taken through the client that there is at the moment, and given back through the same", async () => {
    await using redis = await start();
    const clients = [await openClient(redis.url), await openClient(redis.url)];
    let asked = 0;
    const acquire = redisLease(() => clients[asked++ % 2]!);
    const key = freshKey();
    const lease = await acquire(key, 5_000);
    await lease?.release();
    expect(await holderInRedis(redis, key)).toBeUndefined();
    expect(asked).toBe(1);
    clients[0]?.destroy();
    await expect((await acquire(key, 5_000))?.release()).resolves.toBeUndefined();
    expect(asked).toBe(2);
  });

  test("that was under way when its store was disconnected opens no connection to undo that", async () => {
    await using redis = await start();
    const store = new KeyvRedis(redis.url);
    store.on("error", () => {});
    onTestFinished(() => store.disconnect(true));
    const client = await store.getClient();
    const getClient = vi.spyOn(store, "getClient");
    redis.pause();
    const acquired = redisLease(() => store.getClient())(freshKey(), 5_000);
    await vi.waitFor(() => expect(getClient).toHaveBeenCalled());
    await new Promise((resolve) => setTimeout(resolve, 10));
    await store.disconnect(true);
    await expect(acquired).rejects.toBeInstanceOf(Error);
    redis.resume();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(getClient).toHaveBeenCalledOnce();
    expect([client.isOpen, store.client.isOpen]).toEqual([false, false]);
  });

  test("is not asked for by whoever has stopped waiting", async () => {
    const getClient = vi.fn<() => never>();
    const signal = AbortSignal.abort();
    await expect(redisLease(getClient)(freshKey(), 5_000, { signal })).rejects.toBe(signal.reason);
    expect(getClient).not.toHaveBeenCalled();
  });

  test("goes through the client of @keyv/redis", async () => {
    await using redis = await start();
    const store = new KeyvRedis(redis.url);
    store.on("error", () => {});
    onTestFinished(() => store.disconnect(true));
    const acquire = redisLease(() => store.getClient());
    const key = freshKey();
    const lease = await acquire(key, 5_000);
    expect(await acquire(key, 5_000)).toBeUndefined();
    await lease?.release();
    expect(await acquire(key, 5_000)).toBeDefined();
  });

  test("has its time with it from the first moment", async () => {
    await using redis = await start();
    const client = await openClient(redis.url);
    const key = freshKey();
    await redisLease(client)(key, 5_000);
    const left = await client.pTTL(`${key}:lease`);
    expect(left).toBeGreaterThan(4_000);
    expect(left).toBeLessThanOrEqual(5_000);
  });

  test("ends by its time where scripts are forbidden, and giving it back says why", async () => {
    await using redis = await start();
    const client = await openClient(redis.url);
    await client.sendCommand(["ACL", "SETUSER", "default", "-eval"]);
    const acquire = redisLease(client);
    const key = freshKey();
    const lease = await acquire(key, 200);
    await expect(lease?.release()).rejects.toThrow(/NOPERM.*eval/);
    await vi.waitFor(async () => expect(await acquire(key, 200)).toBeDefined(), { timeout: 2_000 });
  });

  test.each([
    ["takes no writes", ["REPLICAOF", "127.0.0.1", "1"], "READONLY"],
    ["has no memory left", ["CONFIG", "SET", "maxmemory", "1"], "OOM"],
  ])("is a fault, and not somebody else's, while Redis %s", async (_, command, reason) => {
    await using redis = await start();
    const client = await openClient(redis.url);
    await client.sendCommand(command);
    await expect(redisLease(client)(freshKey(), 5_000)).rejects.toThrow(reason);
  });

  test("is ours although a client that tried again was told that it is taken", async () => {
    await using redis = await start();
    const client = await openClient(redis.url);
    const set: typeof client.set = async (...args) => {
      await client.set(...args);
      return client.set(...args);
    };
    const key = freshKey();
    const lease = await redisLease({ set, get: (name) => client.get(name), eval: client.eval.bind(client) })(
      key,
      5_000,
    );
    await lease?.release();
    expect(lease).toBeDefined();
    expect(await client.exists(`${key}:lease`)).toBe(0);
  });
});

describeWithValkey("a lease in Valkey, over node-redis", (start) => {
  keepsLeasePromises(() => benchOver(start, ways));
});

describe("a client that redisLease cannot use", () => {
  test("is refused at construction, with what to give instead", () => {
    const store = new KeyvRedis("redis://127.0.0.1:1");
    // @ts-expect-error a store is no client
    expect(() => redisLease(store)).toThrow(
      '"client" of redisLease has no method "eval": give a node-redis client, or a function that gives one: () => store.getClient().',
    );
    // @ts-expect-error it is missing
    expect(() => redisLease()).toThrow(ConfigurationError);
    // @ts-expect-error it is missing
    expect(() => redisLease(null)).toThrow(ConfigurationError);
  });

  test("is refused at the first use if a function gives it", async () => {
    // @ts-expect-error a function that forgets to return it
    const acquire = redisLease(() => {});
    await expect(acquire(freshKey(), 1_000)).rejects.toThrow(ConfigurationError);
  });

  test("is one of ioredis", () => {
    const client = new IoRedis({ lazyConnect: true });
    // @ts-expect-error its methods take other arguments
    expect(() => redisLease(client)).toThrow("use valkeyLease");
  });

  test("is none of node-redis", () => {
    for (const client of [
      createClient(),
      createClientPool(),
      createCluster({ rootNodes: [] }),
      createSentinel({ name: "tokens", sentinelRootNodes: [] }),
    ]) {
      expect(() => redisLease(client)).not.toThrow();
    }
  });
});
