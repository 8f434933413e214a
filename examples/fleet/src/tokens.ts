import { configureClientTokens, type Fetch, type TokenEvent } from "@client-token/core";
import { keyvTokenCache, redisLease } from "@client-token/keyv-cache";
import KeyvRedis from "@keyv/redis";
import { Keyv } from "keyv";
import { clientId, invoicesApi, workerHeader, type Settings } from "./messages.ts";
import { deadline, lookInterval, timeout } from "./timing.ts";

/** What an application writes once: its client, and the Redis that all its processes share. */
export async function configureTokens(
  { tokenEndpoint, api, redis, clientSecret, lease }: Settings,
  worker: number,
  onEvent: (event: TokenEvent) => void,
): Promise<void> {
  const store = new KeyvRedis(
    {
      url: redis,
      disableOfflineQueue: true,
      pingInterval: 1_000,
      socket: {
        connectTimeout: 1_000,
        socketTimeout: 3_000,
        reconnectStrategy: (tries: number) => Math.min(50 * 2 ** tries, 1_000),
      },
    },
    { connectionTimeout: 1_000, throwOnErrors: true },
  );
  const keyv = new Keyv({ store, namespace: "tokens", useKeyPrefix: false });
  const cache = keyvTokenCache(keyv, {
    lease: lease ? redisLease(() => store.getClient()) : undefined,
    deadline,
    lookInterval,
  });
  configureClientTokens({
    cache,
    timeout,
    httpClient: signedBy(worker),
    clients: {
      invoices: { tokenEndpoint, clientId, clientSecret, resource: invoicesApi, origins: [api] },
    },
    onEvent,
  });
  // Calls that come before the connection would not be shared. It may be away now, and come back.
  await store.getClient().catch(() => {});
}

/** A fetch whose token requests say who sends them. */
function signedBy(worker: number): Fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set(workerHeader, String(worker));
    return fetch(input, { ...init, headers });
  };
}
