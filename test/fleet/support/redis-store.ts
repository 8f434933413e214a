import KeyvRedis from "@keyv/redis";

/** Connects to the store; a module for another topology exports the same. */
export type OpenStore = (store: unknown) => Promise<KeyvRedis<unknown>>;

/** The construction that the README recommends, connected before the first call, however busy the machine is. */
export const openStore: OpenStore = async (url) => {
  const store = new KeyvRedis<unknown>(
    { url: String(url), disableOfflineQueue: true, socket: { connectTimeout: 1_000 } },
    { connectionTimeout: 10_000, throwOnErrors: true },
  );
  await store.getClient();
  return store;
};
