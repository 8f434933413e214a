import { randomUUID } from "node:crypto";
import type { SharedTokenCache } from "@client-token/core";
import { keyvTokenCache } from "@client-token/keyv-cache";
import KeyvRedis, { Keyv } from "@keyv/redis";

export interface SharedCache extends AsyncDisposable {
  readonly cache: SharedTokenCache;
}

/** A cache on Redis that all instances of a service share; with keys of its own, which it takes away again. */
export async function openSharedCache(url: string): Promise<SharedCache> {
  const store = new KeyvRedis(
    { url, disableOfflineQueue: true, socket: { connectTimeout: 1_000, reconnectStrategy: false } },
    { connectionTimeout: 1_000, throwOnErrors: true },
  );
  // One demo at a time must not find the tokens of another: their servers and secrets differ.
  const namespace = `client-token-demo-${randomUUID()}`;
  const keyv = new Keyv({ store, namespace, useKeyPrefix: false, throwOnErrors: true });
  try {
    await keyv.get("connected?");
  } catch (error) {
    throw new Error(`No Redis answers at ${new URL(url).host}: start one, or unset REDIS_URL.`, {
      cause: error,
    });
  }
  return {
    cache: keyvTokenCache(keyv),
    async [Symbol.asyncDispose]() {
      await keyv.clear();
      await keyv.disconnect();
    },
  };
}
