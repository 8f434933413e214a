import type { CacheEntry, CacheKeyParts } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { createFleet, startWithToken, story, type Fleet } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { everything, hang, refuse, type StoreCall } from "../../support/scripted-store.ts";
import { letTimePass } from "../../support/time.ts";

pinRandom(0);

/** How long one call for a new token takes, and what the store is asked meanwhile. */
async function force(
  { clock, store }: Fleet,
  call: () => Promise<unknown>,
): Promise<{ took: number; calls: readonly StoreCall[] }> {
  store.calls.length = 0;
  const { took, result } = await letTimePass(clock, call(), 10);
  expect(result.status).toBe("fulfilled");
  return { took, calls: [...store.calls] };
}

describe("a store that hangs", () => {
  test("costs one deadline, and then is left alone for a second: no later call waits", async () => {
    const fleet = createFleet();
    const { start, store, clock } = fleet;
    store.treat(hang, ...everything);
    const { invoices } = start();
    expect((await force(fleet, () => invoices.getToken())).took).toBe(250);
    for (const scope of ["a", "b", "c"]) {
      expect(await force(fleet, () => invoices.getToken({ scope }))).toEqual({ took: 0, calls: [] });
    }
    await clock.advance(700);
    expect(await force(fleet, () => invoices.getToken({ scope: "d" }))).toEqual({ took: 0, calls: [] });
  });

  test("is probed in the background, at most once a second, and no call waits for it", async () => {
    const fleet = createFleet();
    const { start, store, clock } = fleet;
    store.treat(hang, ...everything);
    const { invoices } = start();
    await force(fleet, () => invoices.getToken());
    store.calls.length = 0;
    for (let round = 0; round < 100; round++) {
      await clock.advance(100);
      const { took } = await letTimePass(clock, invoices.getToken({ scope: `${round}` }), 10);
      expect(took).toBe(0);
    }
    expect(new Set(store.calls)).toEqual(new Set(["probe"]));
    expect(store.calls.length).toBeGreaterThanOrEqual(7);
    expect(store.calls.length).toBeLessThanOrEqual(10);
  });

  test("is used again after the first probe that is answered", async () => {
    const fleet = createFleet();
    const { start, store, clock } = fleet;
    store.treat(hang, ...everything);
    const { invoices } = start();
    await force(fleet, () => invoices.getToken());
    store.heal();
    await clock.advance(1000);
    expect((await force(fleet, () => invoices.getToken({ scope: "a" }))).calls).not.toContain("lease");
    expect((await force(fleet, () => invoices.getToken({ scope: "b" }))).calls).toContain("lease");
  });

  test("is used again by the first renewal after it has recovered, however long ago that was", async () => {
    const fleet = createFleet();
    const { server, store, clock } = fleet;
    server.answerAlways(() => Response.json({ access_token: crypto.randomUUID(), expires_in: 60 }));
    const processes = [await startWithToken(fleet), await startWithToken(fleet), await startWithToken(fleet)];
    // Usable for 30 s, due at 24 s.
    await clock.advance(24_000);
    store.treat(hang, ...everything);
    for (const { invoices } of processes) invoices.peekToken();
    await clock.advance(1000);
    store.heal();
    const before = server.requests.length;
    await clock.advance(23_500);
    for (const { invoices } of processes) expect(invoices.peekToken()).toBeDefined();
    await clock.advance(1000);
    expect(server.requests.length).toBe(before + 1);
  });

  test("tells of each call that failed, not of those that were spared", async () => {
    const fleet = createFleet();
    const { start, store } = fleet;
    store.treat(hang, ...everything);
    const one = start();
    await force(fleet, () => one.invoices.getToken());
    await force(fleet, () => one.invoices.getToken({ scope: "a" }));
    expect(story(one).filter((line) => line.startsWith("cache-failed"))).toEqual(["cache-failed get"]);
  });
});

describe("a store that rejects", () => {
  test("is left alone after three in a row", async () => {
    const fleet = createFleet();
    const { start, store } = fleet;
    store.treat(refuse(), ...everything);
    const { invoices } = start();
    const reads: number[] = [];
    for (const scope of ["a", "b", "c", "d", "e"]) {
      const { calls, took } = await force(fleet, () => invoices.getToken({ scope }));
      expect(took).toBe(0);
      reads.push(calls.filter((call) => call === "get").length);
    }
    // The first looked again before its token was written.
    expect(reads).toEqual([2, 1, 0, 0, 0]);
  });

  test("now and then is not: what works in between counts", async () => {
    const fleet = createFleet();
    const { start, store } = fleet;
    const { invoices } = start();
    for (let round = 0; round < 10; round++) {
      store.treat(refuse(), "get");
      await force(fleet, () => invoices.getToken({ scope: `bad${round}` }));
      store.heal();
      const { calls } = await force(fleet, () => invoices.getToken({ scope: `good${round}` }));
      expect(calls).toContain("get");
    }
  });

  test("writes only, is read all the same", async () => {
    const fleet = createFleet();
    const { start, store } = fleet;
    await startWithToken(fleet);
    store.treat(refuse(new Error("READONLY")), "set", "set-failure");
    for (let round = 0; round < 10; round++) {
      const { invoices } = start();
      await force(fleet, () => invoices.getToken());
      for (let scope = 0; scope < 5; scope++) {
        await force(fleet, () => invoices.getToken({ scope: `${round} ${scope}` }));
      }
      expect((await force(fleet, () => invoices.getToken({ scope: "x" }))).calls).toContain("get");
    }
  });
});

test("a deletion goes out also while the store is left alone", async () => {
  const fleet = createFleet();
  const { store, clock } = fleet;
  const one = await startWithToken(fleet);
  store.treat(hang, "get");
  await letTimePass(clock, one.invoices.getToken({ scope: "a" }), 50);
  await letTimePass(clock, one.invoices.deleteToken(), 50);
  expect(store.entry()).toMatchObject({ kind: "tombstone" });
});

test("a lease that is held is given back also while the store is left alone", async () => {
  const fleet = createFleet();
  const { start, store, clock, holdNextToken } = fleet;
  const letGo = holdNextToken();
  const { invoices } = start();
  const call = invoices.getToken();
  await clock.advance(0);
  expect(store.isLeased()).toBe(true);
  store.treat(hang, "get");
  await letTimePass(clock, invoices.getToken({ scope: "a" }), 50);
  letGo();
  await letTimePass(clock, call, 50);
  await clock.advance(500);
  expect(store.isLeased()).toBe(false);
});

test.each([
  ["of the prefix", { manager: { cacheKeyPrefix: "acme." } }],
  ["of cacheKey", { client: { cacheKey: ({ defaultKey }: CacheKeyParts) => `acme.${defaultKey}` } }],
])("a store that takes no keys but those %s is used again", async (_, options) => {
  const fleet = createFleet();
  const { clock, store, start } = fleet;
  const get = async (key: string): Promise<CacheEntry | undefined> => {
    if (!key.startsWith("acme.")) throw new Error("NOPERM");
    return store.cache.get(key);
  };
  const { invoices } = start({ store: { ...store.cache, get }, ...options });
  store.treat(hang, "get");
  await letTimePass(clock, invoices.getToken({ scope: "a" }), 50);
  store.heal();
  for (let round = 0; round < 20; round++) {
    await clock.advance(10_000);
    await letTimePass(clock, invoices.getToken({ scope: `${round}` }), 50);
  }
  store.calls.length = 0;
  await letTimePass(clock, invoices.getToken({ scope: "last" }), 50);
  expect(store.calls).toContain("get");
});

test("a token that came while the store was left alone is stored once the store is back", async () => {
  const { start, clock, store, holdNextToken } = createFleet();
  store.treat(hang, "get", "probe");
  const letGo = holdNextToken();
  const call = start().invoices.getToken();
  await clock.advance(2000);
  store.heal();
  letGo();
  await call;
  await clock.advance(0);
  expect(store.entry()).toMatchObject({ kind: "token", accessToken: "let-go" });
});
