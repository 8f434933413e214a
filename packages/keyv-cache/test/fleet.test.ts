import { keyvTokenCache } from "@client-token/keyv-cache";
import { describe, expect, test } from "vitest";
import { describeWithRedis } from "../../../test/support/redis.ts";
import { cacheFailures, createFleet } from "./support/fleet.ts";
import { createStore, majors } from "./support/keyvs.ts";
import { connect, freshNamespace, openKeyv, plain, recommended } from "./support/redis-keyvs.ts";

describe.each(majors)("over $name in memory", ({ inMemory, over }) => {
  test("a manager that starts later uses the token that is there: one token request in all", async () => {
    const { server, join } = await createFleet();
    const keyv = inMemory();
    const first = join(keyvTokenCache(keyv));
    const token = await first.tokens.getToken("invoices");
    await first.tokens.close();

    const second = join(keyvTokenCache(keyv));
    expect((await second.tokens.getToken("invoices")).accessToken).toBe(token.accessToken);
    expect(server.requests).toHaveLength(1);
    expect(second.events).toMatchObject([{ type: "token-obtained", from: "shared-cache" }]);
  });

  test("keys that the cache refuses cost the sharing, never a call", async () => {
    const { server, join } = await createFleet();
    const { tokens, events } = join(keyvTokenCache(inMemory()), () => "has a space");
    await tokens.getToken("invoices");
    await tokens.close();
    expect(server.requests).toHaveLength(1);
    expect(events).toMatchObject([
      { type: "cache-failed", operation: "get", error: { name: "ConfigurationError" } },
      { type: "token-obtained" },
      // Before it writes it looks for a deletion, since it could not before.
      { type: "cache-failed", operation: "get", error: { name: "ConfigurationError" } },
      { type: "cache-failed", operation: "set", error: { name: "ConfigurationError" } },
    ]);
  });

  test("a store that never answers costs a call its deadline, and nothing more", async () => {
    const { join } = await createFleet();
    const never = async (): Promise<never> => new Promise(() => {});
    const keyv = over({ ...createStore(), get: never, set: never });
    const member = join(keyvTokenCache(keyv, { deadline: 20 }));
    const took = await member.timedToken();
    expect(took).toBeGreaterThan(15);
    expect(took).toBeLessThan(200);
    await member.tokens.close();
    expect(cacheFailures(member)).toEqual(["get: Error: The shared cache did not answer within 20 ms."]);
  });
});

/** What a busy machine needs to connect is no fault here. */
const patient = { deadline: 5_000 };

describeWithRedis("over Redis", (url) => {
  const pairs = majors.flatMap((writer) => majors.map((reader) => ({ writer, reader })));

  test.each(pairs)("a token of $writer.name serves $reader.name too", async ({ writer, reader }) => {
    const { server, join } = await createFleet();
    const namespace = freshNamespace();
    const first = join(keyvTokenCache(openKeyv(plain(url), writer, namespace), patient));
    const token = await first.tokens.getToken("invoices");
    await first.tokens.close();

    const store = recommended(url);
    await store.getClient();
    const second = join(keyvTokenCache(openKeyv(store, reader, namespace), patient));
    expect((await second.tokens.getToken("invoices")).accessToken).toBe(token.accessToken);
    expect(server.requests).toHaveLength(1);
    expect([...cacheFailures(first), ...cacheFailures(second)]).toEqual([]);
  });

  describe.each(majors)("with $name", (major) => {
    test("deleteToken makes a manager that starts later ask anew, and its token is shared", async () => {
      const { server, join } = await createFleet();
      const namespace = freshNamespace();
      const start = () => join(keyvTokenCache(openKeyv(plain(url), major, namespace), patient));
      const first = start();
      await first.tokens.getToken("invoices");
      await first.tokens.deleteToken("invoices");

      const second = start();
      const token = await second.tokens.getToken("invoices");
      await second.tokens.close();
      expect(token.accessToken).toBe(server.issued[1]);
      expect((await start().tokens.getToken("invoices")).accessToken).toBe(token.accessToken);
      expect((await first.tokens.getToken("invoices")).accessToken).toBe(token.accessToken);
      expect(server.requests).toHaveLength(2);
    });

    test("Redis forgets the entry when the token ends", async () => {
      const { join } = await createFleet();
      const namespace = freshNamespace();
      const { tokens } = join(keyvTokenCache(openKeyv(plain(url), major, namespace), patient));
      await tokens.getToken("invoices");
      await tokens.close();

      const client = await connect(url);
      const keys = await client.keys(`${namespace}::*`);
      expect(keys).toHaveLength(1);
      expect(await client.pTTL(keys[0]!)).toBeGreaterThan(3_590_000);
      expect(await client.pTTL(keys[0]!)).toBeLessThanOrEqual(3_600_000);
    });

    test.each([
      ["text", "not json"],
      ["text of the right beginning", `{"value":"client-token/1 {\\"writtenAt\\":1,`],
      ["null", "null"],
      ["bytes", ":base64:AAAA"],
      ["nothing", ""],
      ["a megabyte", JSON.stringify({ value: "x".repeat(1_048_576) })],
    ])("garbage under the key is overwritten by the next token: %s", async (_, garbage) => {
      const { server, join } = await createFleet();
      const namespace = freshNamespace();
      const client = await connect(url);
      await client.set(`${namespace}::planted`, garbage);

      const start = () =>
        join(keyvTokenCache(openKeyv(plain(url), major, namespace), patient), () => "planted");
      const first = start();
      await first.tokens.getToken("invoices");
      await first.tokens.close();
      await start().tokens.getToken("invoices");
      expect(server.requests).toHaveLength(1);
      expect(cacheFailures(first)).toEqual([]);
    });

    test("a key of another type is reported, and overwritten by the next token", async () => {
      const { server, join } = await createFleet();
      const namespace = freshNamespace();
      const client = await connect(url);
      await client.lPush(`${namespace}::planted`, "a list");

      const start = () =>
        join(keyvTokenCache(openKeyv(plain(url), major, namespace), patient), () => "planted");
      const first = start();
      await first.tokens.getToken("invoices");
      await first.tokens.close();
      await start().tokens.getToken("invoices");
      expect(server.requests).toHaveLength(1);
      const reported: unknown = expect.stringMatching(/^get: .*WRONGTYPE/);
      // When it looks for a token, and for a deletion before it writes.
      expect(cacheFailures(first)).toEqual([reported, reported]);
    });
  });
});
