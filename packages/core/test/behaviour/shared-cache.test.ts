import {
  createTokenManager,
  memoryTokenCache,
  sharedTokenCache,
  type CacheEntry,
  type CacheKeyParts,
  type ManagerOptions,
} from "@client-token/core";
import { describe, expect, test } from "vitest";
import { eventually, letTimePass, pause, watch } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

/** A store that shows what it keeps. */
function openStore(): { entries: Map<string, CacheEntry>; cache: ReturnType<typeof sharedTokenCache> } {
  const entries = new Map<string, CacheEntry>();
  const cache = sharedTokenCache({
    get: async (key) => entries.get(key),
    set: async (key, entry) => void entries.set(key, entry),
  });
  return { entries, cache };
}

describe("managers that share a cache", () => {
  test("make one token request, whoever comes first", async () => {
    const world = await createWorld();
    const cache = memoryTokenCache({ clock: world.clock });
    const [one, other] = [world.another({ cache }), world.another({ cache })];
    const first = await one.getToken("invoices");
    await one.close();
    const second = await other.getToken("invoices");

    expect(second).toMatchObject({
      accessToken: first.accessToken,
      expiresAt: first.expiresAt,
      clientId: first.clientId,
    });
    expect(world.server.requests).toHaveLength(1);
  });

  test("tell by an event where a token came from", async () => {
    const world = await createWorld();
    const { cache } = openStore();
    await world.another({ cache }).getToken("invoices");
    await pause(5);
    const sources: unknown[] = [];
    const onEvent: ManagerOptions["onEvent"] = (event) =>
      event.type === "token-obtained" && sources.push(event.from);
    await world.another({ cache, onEvent }).getToken("invoices");
    expect(sources).toEqual(["shared-cache"]);
  });

  test("renew a token as its age demands, not as if it were new", async () => {
    const world = await createWorld();
    const { cache } = openStore();
    await world.another({ cache }).getToken("invoices");
    await world.clock.advance(2_000_000);
    const other = world.another({ cache });
    const token = await other.getToken("invoices");
    expect(token.accessToken).toBe(world.server.issued[0]);
    await world.clock.advance(1_540_000);
    expect(other.client("invoices").peekToken()).toBeUndefined();
  });

  test("replace a rejected token once for all of them", async () => {
    const world = await createWorld();
    const { cache } = openStore();
    const managers = [world.another({ cache }), world.another({ cache }), world.another({ cache })];
    for (const manager of managers) {
      await manager.getToken("invoices");
      await pause(2);
    }
    for (const manager of managers) {
      const client = manager.client("invoices");
      const rejected = client.peekToken()!;
      expect((await client.rejectToken(rejected)).accessToken).not.toBe(rejected.accessToken);
      await pause(2);
    }
    expect(world.server.requests).toHaveLength(2);
  });

  test("see a deletion: the deleted token is not taken over", async () => {
    const world = await createWorld();
    const { cache } = openStore();
    const [one, other] = [world.another({ cache }), world.another({ cache })];
    await one.getToken("invoices");
    await pause(2);
    await one.deleteToken("invoices");
    expect((await other.getToken("invoices")).accessToken).toBe(world.server.issued[1]);
    await pause(2);
    expect((await one.getToken("invoices")).accessToken).toBe(world.server.issued[1]);
    expect(world.server.requests).toHaveLength(2);
  });

  test("forced renewals go to the token endpoint, and the others get what they bring", async () => {
    const world = await createWorld();
    const { cache } = openStore();
    const one = world.another({ cache });
    await one.getToken("invoices");
    await one.getToken("invoices", { forceRenewal: true });
    await pause(2);
    expect((await world.another({ cache }).getToken("invoices")).accessToken).toBe(world.server.issued[1]);
    expect(world.server.requests).toHaveLength(2);
  });

  test("never share a token between different clients, scopes or configurations", async () => {
    const world = await createWorld();
    const { cache, entries } = openStore();
    const tokens = createTokenManager({
      cache,
      clock: world.clock,
      clients: {
        a: world.options,
        b: world.options,
        c: { ...world.options, parameters: { tenant: "1" } },
        d: { ...world.options, cacheKeyPrefix: "other::" },
      },
    });
    const got = await Promise.all([
      tokens.getToken("a"),
      tokens.getToken("a", { scope: "write" }),
      tokens.getToken("b"),
      tokens.getToken("c"),
      tokens.getToken("d"),
    ]);
    await tokens.close();
    expect(new Set(got.map(({ accessToken }) => accessToken)).size).toBe(5);
    expect(entries.size).toBe(5);
  });
});

describe("what is in the cache", () => {
  test("is kept under a short key that begins with the prefix and the client's name", async () => {
    const world = await createWorld();
    const { cache, entries } = openStore();
    const tokens = createTokenManager<string>({ cache, clock: world.clock, cacheKeyPrefix: "app:" });
    const name = `odd name/${"é".repeat(100)}`;
    await tokens.register(name, world.options).getToken({ scope: "s".repeat(5000) });
    await tokens.close();
    const [key] = entries.keys();
    expect(key).toMatch(/^app:odd_name__+::[\w-]{43}$/);
    expect(key?.length).toBeLessThanOrEqual(180);
  });

  test("is kept until the token ends, so that a process which starts in an outage is served", async () => {
    const world = await createWorld();
    const { cache, entries } = openStore();
    const token = await world.another({ cache }).getToken("invoices");
    await pause(5);
    expect([...entries.values()].map(({ kind, expiresAt }) => [kind, expiresAt])).toEqual([
      ["token", token.expiresAt],
    ]);

    await world.clock.advance(3_570_000);
    world.server.answerAlways(() => new Response(null, { status: 503 }));
    const { result } = await letTimePass(world.clock, world.another({ cache }).getToken("invoices"));
    expect(result).toMatchObject({ status: "fulfilled", value: { expiresAt: token.expiresAt } });
  });

  test("past its usable time is no reason not to ask for a new one", async () => {
    const world = await createWorld();
    const { cache, entries } = openStore();
    const old = await world.another({ cache }).getToken("invoices");
    await eventually(() => expect(entries.size).toBe(1));
    await world.clock.advance(3_540_000);
    const { result } = await letTimePass(world.clock, world.another({ cache }).getToken("invoices"));
    expect(result).toMatchObject({ status: "fulfilled", value: { expiresAt: old.expiresAt + 3_540_000 } });
    expect(world.server.requests).toHaveLength(2);
  });

  test("holds no secret", async () => {
    const world = await createWorld();
    const { cache, entries } = openStore();
    await world.another({ cache }).getToken("invoices");
    await pause(5);
    expect(JSON.stringify([...entries])).not.toContain("s3cret");
  });

  test("a cacheKey of one's own may clash: that costs hits, never a wrong token", async () => {
    const world = await createWorld();
    const { cache, entries } = openStore();
    const parts: CacheKeyParts[] = [];
    const cacheKey = (given: CacheKeyParts): string => {
      parts.push(given);
      return "always-the-same";
    };
    const list = await world.another({ cache, cacheKey }).getToken("invoices", { scope: "list" });
    await pause(5);
    const write = await world.another({ cache, cacheKey }).getToken("invoices", { scope: "b a" });
    await pause(5);
    expect([list.scope, write.scope]).toEqual(
      ["list", "a b"].map((scope) => (scope === "a b" ? "b a" : scope)),
    );
    expect([...entries.keys()]).toEqual(["always-the-same"]);
    expect(parts[1]).toMatchObject({
      client: "invoices",
      clientId: "invoices-app",
      tokenEndpoint: world.tokenEndpoint,
      scope: ["a", "b"],
      defaultKey: expect.stringMatching(/^client-token::invoices::/) as string,
    });
  });
});

describe("memoryTokenCache", () => {
  const entry: CacheEntry = { kind: "token", expiresAt: 2_000_000_000_000, extra: { a: [1] } };

  test("keeps every field until the entry ends", async () => {
    const world = await createWorld();
    const cache = memoryTokenCache({ clock: world.clock });
    const lasting = { ...entry, expiresAt: world.clock.now() + 1000 };
    await cache.set("key", lasting);
    expect(await cache.get("key")).toEqual(lasting);
    await world.clock.advance(1000);
    expect(await cache.get("key")).toBeUndefined();
  });

  test("gives a lease to one at a time", async () => {
    const world = await createWorld();
    const cache = memoryTokenCache({ clock: world.clock });
    const lease = await cache.acquireLease?.("key", 1000);
    expect(lease).toBeDefined();
    expect(await cache.acquireLease?.("key", 1000)).toBeUndefined();
    expect(await cache.acquireLease?.("other", 1000)).toBeDefined();
    await lease?.release();
    const second = await cache.acquireLease?.("key", 1000);
    expect(second).toBeDefined();
    await world.clock.advance(1000);
    const third = await cache.acquireLease?.("key", 1000);
    expect(third).toBeDefined();
    // One that has run out does not give back another's.
    await second?.release();
    expect(await cache.acquireLease?.("key", 1000)).toBeUndefined();
  });
});

test("a token is written to the cache without anybody waiting for it", async () => {
  const world = await createWorld();
  let stored = (): void => {};
  const cache = sharedTokenCache({
    get: async () => undefined,
    set: () =>
      new Promise<void>((resolve) => {
        stored = resolve;
      }),
  });
  const tokens = world.another({ cache });
  await tokens.getToken("invoices");
  const closing = watch(tokens.close());
  await pause(5);
  expect(closing.settled()).toBe(false);
  stored();
  await closing.work;
});
