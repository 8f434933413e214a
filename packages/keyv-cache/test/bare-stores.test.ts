import { ConfigurationError } from "@client-token/core";
import { keyvTokenCache, type KeyvLike } from "@client-token/keyv-cache";
import { KeyvMemcache } from "@keyv/memcache";
import { KeyvPostgres } from "@keyv/postgres";
import KeyvRedis from "@keyv/redis";
import KeyvValkey from "@keyv/valkey";
import { describe, expect, test } from "vitest";
import { giveSqliteKeyv6 } from "./recipes/keyv-6.ts";

giveSqliteKeyv6();

/** None of them reaches a server here. */
const stores: readonly [string, () => KeyvLike | Promise<KeyvLike>][] = [
  ["@keyv/redis", () => new KeyvRedis("redis://127.0.0.1:1")],
  ["@keyv/valkey", () => new KeyvValkey({ host: "127.0.0.1", lazyConnect: true })],
  ["@keyv/postgres", () => new KeyvPostgres({ uri: "postgres://127.0.0.1:1/tokens" })],
  ["@keyv/memcache", () => new KeyvMemcache("127.0.0.1:1")],
  [
    "@keyv/sqlite",
    async () => {
      const { KeyvSqlite } = await import("@keyv/sqlite");
      return new KeyvSqlite("sqlite://:memory:");
    },
  ],
];

describe.each(stores)("the store of %s", (_, open) => {
  test("without a Keyv is refused at construction, since its keys would be other than everybody's", async () => {
    const store = await open();
    store.on("error", () => {});
    const construct = () => keyvTokenCache(store);
    expect(construct).toThrow(ConfigurationError);
    expect(construct).toThrow('"keyv" of keyvTokenCache is a store: give new Keyv({ store }).');
  });
});
