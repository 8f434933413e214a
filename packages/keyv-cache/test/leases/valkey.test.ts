import KeyvValkey from "@keyv/valkey";
import { createClient } from "@redis/client";
import { Cluster as IoRedisCluster, Redis as IoRedis } from "ioredis";
import { Cluster as IoValkeyCluster, Redis as IoValkey } from "iovalkey";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeWithValkey } from "../../../../test/support/describe-stores.ts";
import { describeWithOwnRedis } from "../../../../test/support/redis.ts";
import { valkeyLease } from "../../src/leases/valkey.ts";
import { benchOver, holderInRedis } from "./support/bench.ts";
import { freshKey, keepsLeasePromises } from "./support/promises.ts";

/** What tests use of the two libraries, which are of one family. */
type Client = IoValkey | IoRedis;
type Open = (url: string, options: { readonly commandTimeout?: number }) => Client;

const retryStrategy = (): number => 20;
const openIoValkey: Open = (url, options) => new IoValkey(url, { retryStrategy, ...options });
const openIoRedis: Open = (url, options) => new IoRedis(url, { retryStrategy, ...options });

function opened(client: Client): Client {
  client.on("error", () => {});
  onTestFinished(() => client.disconnect());
  return client;
}

const waysOf = (open: Open) => ({
  connect: async ({ url }: { readonly url: string }) => valkeyLease(opened(open(url, {}))),
  connectImpatient: async ({ url }: { readonly url: string }) =>
    valkeyLease(opened(open(url, { commandTimeout: 200 }))),
  holder: holderInRedis,
});

describeWithValkey("a lease in Valkey, over iovalkey", (start) => {
  keepsLeasePromises(() => benchOver(start, waysOf(openIoValkey)));

  test("goes through the client of @keyv/valkey", async () => {
    await using valkey = await start();
    const store = new KeyvValkey(valkey.url, { useRedisSets: false });
    store.on("error", () => {});
    onTestFinished(() => store.disconnect());
    const acquire = valkeyLease(store.redis as IoValkey);
    const key = freshKey();
    const lease = await acquire(key, 5_000);
    expect(await acquire(key, 5_000)).toBeUndefined();
    await lease?.release();
    expect(await acquire(key, 5_000)).toBeDefined();
  });

  test.each([
    ["iovalkey", openIoValkey],
    ["ioredis", openIoRedis],
  ])("is ours although %s, reconnected, sent the command once more", async (_, open) => {
    await using valkey = await start();
    const client = opened(open(valkey.url, {}));
    await client.ping();
    const key = freshKey();
    valkey.pause();
    const acquired = valkeyLease(client)(key, 60_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.stream.destroy();
    valkey.resume();
    const lease = await acquired;
    expect(lease).toBeDefined();
    await lease?.release();
    expect(await client.exists(`${key}:lease`)).toBe(0);
  });

  test("ends by its time where scripts are forbidden, and giving it back says why", async () => {
    await using valkey = await start();
    const client = opened(openIoValkey(valkey.url, {}));
    await client.call("ACL", "SETUSER", "default", "-eval");
    const key = freshKey();
    const lease = await valkeyLease(client)(key, 5_000);
    await expect(lease?.release()).rejects.toThrow(/NOPERM.*eval/);
    expect(await client.pttl(`${key}:lease`)).toBeLessThanOrEqual(5_000);
  });
});

describeWithOwnRedis("a lease in Redis, over ioredis", (start) => {
  keepsLeasePromises(() => benchOver(start, waysOf(openIoRedis)));
});

describe("a client that valkeyLease cannot use", () => {
  test("is refused at construction, with what to give instead", () => {
    // @ts-expect-error no client at all
    expect(() => valkeyLease({})).toThrow(
      '"client" of valkeyLease has no method "set": give an iovalkey or ioredis client, or a function that gives one: store.redis.',
    );
  });

  test("is one of node-redis, which would make a lease without an end", () => {
    const client = createClient();
    // @ts-expect-error its methods take other arguments
    expect(() => valkeyLease(client)).toThrow("use redisLease");
  });

  test("is none of ioredis and iovalkey", () => {
    const options = { lazyConnect: true };
    for (const client of [
      new IoRedis(options),
      new IoValkey(options),
      new IoRedisCluster([{ port: 1 }], options),
      new IoValkeyCluster([{ port: 1 }], options),
    ]) {
      expect(() => valkeyLease(client)).not.toThrow();
    }
  });
});
