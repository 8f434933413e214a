import { createTokenManager, type Fetch } from "@client-token/core";
import { aesGcm, keyvTokenCache, redisLease } from "@client-token/keyv-cache";
import { majors } from "../../../packages/keyv-cache/test/support/keyvs.ts";
import { createCaller, type Caller } from "./caller.ts";
import { workerHeader, type Report, type Settings } from "./orders.ts";
import * as redisStore from "./redis-store.ts";
import { createStallMeter } from "./stall-meter.ts";

/** One manager in this worker, from one `configure` to the next. */
export interface Session extends Caller {
  deleteToken(): Promise<void>;
  report(): Report;
  close(): Promise<void>;
}

/** Nobody listens there. */
const refusing = "http://127.0.0.1:2/";

/** @param worker - who asks, for the authorization server's books */
export async function openSession(settings: Settings, worker: number): Promise<Session> {
  const { tokenEndpoint, api, deadline, lookInterval, encryption } = settings;
  const { storeModule } = settings;
  const module = storeModule === undefined ? redisStore : ((await import(storeModule)) as typeof redisStore);
  const store = await module.openStore(settings.store);
  const [keyv5, keyv6] = majors;
  const keyv = (settings.keyv === 6 ? keyv6 : keyv5).over(store, "tokens");
  const cache = keyvTokenCache(keyv, {
    deadline,
    lookInterval,
    encryption: encryption === undefined ? undefined : aesGcm(encryption),
    lease: redisLease(() => store.getClient()),
  });

  const events: Record<string, number> = {};
  const cacheFailures: string[] = [];
  const askEndpoint: Fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set(workerHeader, String(worker));
    return fetch(settings.unreachable === true ? refusing : input, { ...init, headers });
  };
  const tokens = createTokenManager({
    clients: {
      invoices: { tokenEndpoint, clientId: "invoices-app", clientSecret: settings.clientSecret ?? "s3cret" },
    },
    cache,
    cacheKeyPrefix: settings.cacheKeyPrefix,
    timeout: settings.timeout,
    httpClient: askEndpoint,
    onEvent(event) {
      events[event.type] = (events[event.type] ?? 0) + 1;
      if (event.type === "cache-failed") cacheFailures.push(`${event.operation}: ${String(event.error)}`);
    },
  });

  const stalls = createStallMeter();
  const caller = createCaller(tokens, api, stalls);
  await caller.warmUp();
  return {
    ...caller,
    deleteToken: () => tokens.deleteToken("invoices"),
    report: () => ({ events, cacheFailures, stall: stalls.worst() }),
    async close() {
      stalls.stop();
      await caller.stopLoad();
      await tokens.close();
      await store.disconnect(true);
    },
  };
}
