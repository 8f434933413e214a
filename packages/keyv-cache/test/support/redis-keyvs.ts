import { randomUUID } from "node:crypto";
import type { KeyvLike } from "@client-token/keyv-cache";
import KeyvRedis, { createClient, type RedisClientType } from "@keyv/redis";
import { onTestFinished } from "vitest";
import type { Major } from "./keyvs.ts";

/** A namespace that no other test, and no other run on the same Redis, has. */
export function freshNamespace(): string {
  return `test-${randomUUID()}`;
}

/** The construction that the README recommends, a little quicker to come back. */
export function recommended(url: string): KeyvRedis<unknown> {
  return new KeyvRedis(
    {
      url,
      disableOfflineQueue: true,
      socket: { connectTimeout: 1_000, reconnectStrategy: () => 20 },
    },
    { connectionTimeout: 1_000, throwOnErrors: true },
  );
}

/** What comes to mind first: it queues commands and waits for ever. */
export function plain(url: string): KeyvRedis<unknown> {
  return new KeyvRedis(url);
}

/** Keys in Redis are `namespace::key`. The connection is cut at the end of the test. */
export function openKeyv(store: KeyvRedis<unknown>, { over }: Major, namespace: string): KeyvLike {
  onTestFinished(() => store.disconnect(true));
  return over(store, namespace);
}

/** A connection of the test's own, to look and to plant with. */
export async function connect(url: string): Promise<RedisClientType> {
  const client: RedisClientType = createClient({ url });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
}
