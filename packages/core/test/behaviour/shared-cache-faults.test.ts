import {
  sharedTokenCache,
  type CacheEntry,
  type TokenCache,
  type TokenEvent,
  createTokenManager,
  type TokenManager,
} from "@client-token/core";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { atOnce, failureOf, inARow } from "../support/calls.ts";
import { letTimePass, pause } from "../support/time.ts";
import { createWorld, type World } from "../support/world.ts";

const never = (): Promise<never> => new Promise<never>(() => {});
const garbage = (value: unknown): TokenCache => ({
  get: async () => value as CacheEntry,
  set: async () => {},
});
const broken = new Error("connection lost");
const rejectWith = async (reason: unknown): Promise<never> => {
  throw reason;
};

const faults: Readonly<Record<string, TokenCache>> = {
  hangs: { get: never, set: never },
  rejects: { get: () => Promise.reject(broken), set: () => Promise.reject(broken) },
  throws: {
    get: () => {
      throw broken;
    },
    set: () => {
      throw broken;
    },
  },
  "is read-only": { get: async () => undefined, set: () => Promise.reject(broken) },
  "hangs while writing": { get: async () => undefined, set: never },
  "gives null": garbage(null),
  "gives text": garbage("token"),
  "gives a number": garbage(7),
  "gives an empty object": garbage({}),
  "gives half an entry": garbage({ kind: "token", expiresAt: 9e15, version: 1 }),
  "gives an entry that throws": garbage(
    new Proxy(
      {},
      {
        get: () => {
          throw broken;
        },
      },
    ),
  ),
  "rejects with text": { get: () => rejectWith("down"), set: () => rejectWith("down") },
};

function managerWith(world: World, store: TokenCache, events: TokenEvent[] = []): TokenManager {
  return createTokenManager<string>({
    clients: { invoices: world.options },
    clock: world.clock,
    cache: sharedTokenCache(store),
    onEvent: (event) => events.push(event),
  });
}

describe.each(Object.entries(faults))("a store that %s", (_, store) => {
  test("fails no call, and costs a bounded delay", async () => {
    const world = await createWorld();
    const tokens = managerWith(world, store);
    const { result, took } = await letTimePass(world.clock, tokens.getToken("invoices"), 50);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: world.server.issued[0] } });
    expect(took).toBeLessThanOrEqual(300);
  });

  test("makes no difference to who shares a token request in this process", async () => {
    const world = await createWorld();
    const tokens = managerWith(world, store);
    await letTimePass(
      world.clock,
      atOnce(20, () => tokens.getToken("invoices")),
      50,
    );
    await inARow(5, () => tokens.getToken("invoices"));
    expect(world.server.requests).toHaveLength(1);
  });

  test("does not keep a manager from closing", async () => {
    const world = await createWorld();
    const tokens = managerWith(world, store);
    await letTimePass(world.clock, tokens.getToken("invoices"), 50);
    const { result } = await letTimePass(world.clock, tokens.close(), 50);
    expect(result.status).toBe("fulfilled");
  });
});

test("a fault is told by an event", async () => {
  const world = await createWorld();
  const events: TokenEvent[] = [];
  const tokens = managerWith(world, faults["rejects"]!, events);
  await tokens.getToken("invoices");
  await tokens.close();
  expect(events.map((event) => [event.type, "operation" in event ? event.operation : ""])).toEqual([
    ["cache-failed", "get"],
    ["token-obtained", ""],
    // Whoever asked without a look has one before he writes.
    ["cache-failed", "get"],
    ["cache-failed", "set"],
  ]);
  expect(events[0]).toMatchObject({ client: "invoices", error: { message: "connection lost" } });
});

test("an event shows no password of the store's connection, which Redis repeats", async () => {
  const world = await createWorld();
  const events: TokenEvent[] = [];
  const heard = "ERR unknown command 'AUTH', with args beginning with: 'invoices' 'pa55w0rd' \r\n";
  const offline = new Error(`The client is offline (last heard: ${heard})`, { cause: new Error(heard) });
  const rejects = (): Promise<never> => Promise.reject(offline);
  const tokens = managerWith(world, { get: rejects, set: rejects }, events);
  await tokens.getToken("invoices");
  const error = await failureOf(tokens.deleteToken("invoices"));
  await tokens.close();
  const shown = inspect([events, error], { depth: Infinity });
  expect(shown).toContain("unknown command 'AUTH'");
  expect(shown).not.toContain("pa55w0rd");
});

test("a store that hangs is told to give up", async () => {
  const world = await createWorld();
  const signals: (AbortSignal | undefined)[] = [];
  const tokens = managerWith(world, {
    get: (_, options) => {
      signals.push(options?.signal);
      return never();
    },
    set: async () => {},
  });
  await letTimePass(world.clock, tokens.getToken("invoices"), 50);
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
});

test("a deadline of one's own holds", async () => {
  const world = await createWorld();
  const tokens = createTokenManager<string>({
    clients: { invoices: world.options },
    clock: world.clock,
    cache: sharedTokenCache(faults["hangs"]!, { deadline: 1000 }),
  });
  const { took } = await letTimePass(world.clock, tokens.getToken("invoices"), 50);
  expect(took).toBeGreaterThanOrEqual(1000);
  expect(took).toBeLessThanOrEqual(1050);
});

describe("deleteToken", () => {
  test.each(["rejects", "is read-only", "throws"])(
    "rejects if the store %s, and the token is gone here all the same",
    async (fault) => {
      const world = await createWorld();
      const tokens = managerWith(world, faults[fault]!);
      await tokens.getToken("invoices");
      expect(await failureOf(tokens.deleteToken("invoices"))).toMatchObject({
        code: "ERR_TOKEN_CACHE",
        client: "invoices",
        cause: { message: "connection lost" },
      });
      expect(tokens.client("invoices").peekToken()).toBeUndefined();
    },
  );

  test("rejects in time if the store hangs", async () => {
    const world = await createWorld();
    const tokens = managerWith(world, faults["hangs while writing"]!);
    await tokens.getToken("invoices");
    const { result, took } = await letTimePass(world.clock, tokens.deleteToken("invoices"), 50);
    expect(result).toMatchObject({ status: "rejected", reason: { code: "ERR_TOKEN_CACHE" } });
    // The write of the token has its time first.
    expect(took).toBeLessThanOrEqual(550);
  });
});

test("a rejection that comes after the deadline is handled", async () => {
  const world = await createWorld();
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  let fail = (): void => {};
  const late = (): Promise<never> =>
    new Promise<never>((_, reject) => {
      fail = () => reject(broken);
    });
  const tokens = managerWith(world, { get: late, set: never });
  await letTimePass(world.clock, tokens.getToken("invoices"), 50);
  fail();
  await pause(10);
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

test("a cacheKey that throws costs hits, and no call", async () => {
  const world = await createWorld();
  const tokens = createTokenManager<string>({
    clients: { invoices: world.options },
    clock: world.clock,
    cache: sharedTokenCache({ get: async () => undefined, set: async () => {} }),
    cacheKey: () => {
      throw broken;
    },
  });
  await expect(tokens.getToken("invoices")).resolves.toBeDefined();
  await tokens.close();
});
