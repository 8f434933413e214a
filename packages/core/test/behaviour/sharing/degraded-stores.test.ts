import { describe, expect, test } from "vitest";
import { systemClock, type CacheEntry, type TokenCache } from "@client-token/core";
import { atOnce, inARow } from "../../support/calls.ts";
import { createFleet, hour, startWithToken, story, usable, type Fleet } from "../../support/fleet.ts";
import { everythingShownBy } from "../../support/leaks.ts";
import { pinRandom } from "../../support/random.ts";
import {
  answerLate,
  dawdle,
  everything,
  hang,
  refuse,
  throwAtOnce,
  type Treatment,
} from "../../support/scripted-store.ts";
import { letTimePass } from "../../support/time.ts";
import { unhandledWhile } from "../../support/unhandled.ts";

pinRandom(0);

function every(nth: number, bad: Treatment): Treatment {
  let calls = 0;
  return async (work) => (++calls % nth === 0 ? bad(work) : work());
}

const faults: readonly [name: string, treatment: (fleet: Fleet) => Treatment][] = [
  ["hangs", () => hang],
  ["rejects", () => refuse()],
  ["rejects with text", () => refuse("down")],
  ["rejects with nothing", () => refuse(undefined)],
  ["rejects with an error that has a cause without end", () => refuse(endless())],
  ["throws", () => throwAtOnce],
  ["does everything late", ({ clock }) => dawdle(clock, 400)],
  ["answers everything late", ({ clock }) => answerLate(clock, 400)],
  [
    "fails late",
    ({ clock }) =>
      async (work) =>
        dawdle(clock, 400)(() => refuse()(work)),
  ],
  ["fails every second time", () => every(2, refuse())],
  ["hangs every third time", () => every(3, hang)],
];

function endless(): Error {
  const error = new Error("down");
  error.cause = error;
  return error;
}

describe.each(faults)("a store that %s", (_, treatment) => {
  test("cold: every call is served within a second, one token request per process", async () => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    store.treat(treatment(fleet), ...everything);
    const unhandled = await unhandledWhile(async () => {
      const all = Promise.all(
        Array.from({ length: 4 }, () => start()).map(({ invoices }) => atOnce(5, () => invoices.getToken())),
      );
      const { result, took } = await letTimePass(clock, all, 50);
      expect(result.status).toBe("fulfilled");
      // At most: to look, to get the lease, to look again, and once more.
      expect(took).toBeLessThanOrEqual(1000);
      await clock.advance(2000);
    });
    expect(server.requests.length).toBeLessThanOrEqual(4);
    expect(unhandled).toEqual([]);
  });

  test("in use: no call fails or waits, one renewal per process", async () => {
    const fleet = createFleet();
    const { server, clock, store } = fleet;
    const processes = await inARow(4, () => startWithToken(fleet));
    store.treat(treatment(fleet), ...everything);
    const unhandled = await unhandledWhile(async () => {
      for (let time = 0; time < hour; time += 20_000) {
        for (const { invoices } of processes) {
          expect((await letTimePass(clock, invoices.getToken(), 1000)).took).toBe(0);
        }
        await clock.advance(20_000);
      }
    });
    expect(server.requests.length).toBeLessThanOrEqual(1 + 4);
    expect(unhandled).toEqual([]);
  });

  test("that works again is used again", async () => {
    const fleet = createFleet();
    const { server, clock, store, start } = fleet;
    store.treat(treatment(fleet), ...everything);
    const processes = Array.from({ length: 4 }, () => start());
    await letTimePass(clock, Promise.all(processes.map(({ invoices }) => invoices.getToken())), 50);
    store.heal();
    await clock.advance(10_000);
    for (const { invoices } of processes) invoices.getToken({ scope: "to probe" }).catch(() => {});
    await clock.advance(20_000);
    const before = server.requests.length;
    const again = Promise.all(processes.map(({ invoices }) => invoices.getToken({ scope: "again" })));
    expect((await letTimePass(clock, again, 50)).result.status).toBe("fulfilled");
    expect(server.requests).toHaveLength(before + 1);
    expect(store.isLeased()).toBe(false);
  });
});

describe("a token that could not be stored", () => {
  test.each([
    ["because the store refuses", refuse(new Error("OOM command not allowed"))],
    ["because it hangs", hang],
  ])("is still used, to its end: %s", async (_, treatment) => {
    const fleet = createFleet();
    const { clock, server, store } = fleet;
    store.treat(treatment, "set");
    const one = await startWithToken(fleet);
    for (let time = 0; time < usable * 0.8; time += 30_000) {
      expect(one.invoices.peekToken()).toBe(one.token);
      await clock.advance(30_000);
    }
    expect(server.requests).toHaveLength(1);
    await clock.advance(500);
    expect(store.isLeased()).toBe(false);
  });
});

describe("a store without leases", () => {
  const withoutLeases = ({ store }: Fleet): TokenCache => ({ get: store.cache.get, set: store.cache.set });

  test("means one token request per process, cold, and says so once", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    const processes = Array.from({ length: 3 }, () => start({ store: withoutLeases(fleet) }));
    const all = Promise.all(processes.map(({ invoices }) => atOnce(10, () => invoices.getToken())));
    await letTimePass(clock, all, 50);
    expect(server.requests).toHaveLength(3);
    for (const { invoices } of processes) {
      await invoices.getToken({ scope: "other" });
      await invoices.getToken({ forceRenewal: true });
    }
    for (const one of processes) {
      expect(story(one).filter((line) => line === "lease-missing")).toHaveLength(1);
      expect(one.events[0]).toEqual({ type: "lease-missing", client: "invoices" });
    }
  });

  test("shares tokens all the same: who comes later, or renews later, asks nobody", async () => {
    const fleet = createFleet();
    const { server, clock } = fleet;
    const options = { store: withoutLeases(fleet) };
    const [one, other] = [await startWithToken(fleet, options), await startWithToken(fleet, options)];
    expect(other.token.accessToken).toBe(one.token.accessToken);
    await clock.advance(usable * 0.85);
    one.invoices.peekToken();
    await clock.advance(0);
    other.invoices.peekToken();
    await clock.advance(0);
    expect(other.invoices.peekToken()?.accessToken).toBe(server.issued[1]);
    expect(server.requests).toHaveLength(2);
  });

  test("spares a server in trouble all the same", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    server.answerAlways(() => new Response(null, { status: 503 }));
    await letTimePass(clock, start({ store: withoutLeases(fleet) }).invoices.getToken(), 50);
    const { result } = await letTimePass(
      clock,
      start({ store: withoutLeases(fleet) }).invoices.getToken(),
      50,
    );
    expect(result).toMatchObject({ status: "rejected", reason: { status: 503 } });
    expect(server.requests).toHaveLength(3);
  });
});

describe("what is in the store and is no token", () => {
  const garbage: readonly unknown[] = [null, "token", 7, {}, [], { kind: "token" }, { kind: "other" }];
  test.each(garbage)("is a miss, and is overwritten: %j", async (value) => {
    const fleet = createFleet();
    const { start, store, server, clock } = fleet;
    let found: unknown = value;
    const planted: TokenCache = {
      ...store.cache,
      get: async (key) => (key.endsWith(":failure") ? undefined : (found as CacheEntry)),
      async set(_, entry) {
        found = entry;
      },
    };
    const { result } = await letTimePass(clock, start({ store: planted }).invoices.getToken(), 50);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: server.issued[0] } });
    await clock.advance(500);
    expect(found).toMatchObject({ kind: "token", accessToken: server.issued[0] });
  });

  test("is not believed because it is good for another key", async () => {
    const fleet = createFleet();
    const { start, store, server, clock } = fleet;
    await start().invoices.getToken({ scope: "admin" });
    await clock.advance(0);
    const [[adminKey, admin] = [""]] = store.entries;
    await start().invoices.getToken();
    await clock.advance(0);
    const plainKey = [...store.entries.keys()].find((key) => key !== adminKey) ?? "";
    if (admin !== undefined) store.entries.set(plainKey, admin);
    expect((await start().invoices.getToken()).accessToken).toBe(server.issued[2]);
  });

  test("that throws when it is looked at is a fault of the store", async () => {
    const fleet = createFleet();
    const { start, store, server, clock } = fleet;
    const trap: CacheEntry = new Proxy(
      { kind: "token", expiresAt: 0 },
      {
        get: () => {
          throw new Error("trap");
        },
      },
    );
    const one = start({ store: { ...store.cache, get: async () => trap } });
    const { result } = await letTimePass(clock, one.invoices.getToken(), 50);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: server.issued[0] } });
  });
});

test("an answer that came while the process was busy is not too late", async () => {
  const { start, server } = createFleet();
  const entries = new Map<string, CacheEntry>();
  /** Its answer is there, but other work keeps the process from seeing it until its time is over. */
  const afterWork: Treatment = (work) =>
    new Promise((resolve) => {
      setTimeout(() => {
        const end = performance.now() + 300;
        while (performance.now() < end);
        setImmediate(() => resolve(work()));
      }, 5);
    });
  const storeOf = (treatment: Treatment): TokenCache => ({
    get: async (key) => (key.endsWith(":failure") ? undefined : treatment(() => entries.get(key))),
    set: async (key, entry) => void entries.set(key, entry),
  });
  const manager = { clock: systemClock };
  const first = start({ manager, store: storeOf(async (work) => work()) });
  await first.invoices.getToken();
  await first.tokens.close();
  const { accessToken } = await start({ manager, store: storeOf(afterWork) }).invoices.getToken();
  expect(accessToken).toBe(server.issued[0]);
});

test("one read of two that throws while the other one fails leaves nothing to handle", async () => {
  const fleet = createFleet();
  const { start, store, clock } = fleet;
  const unhandled = await unhandledWhile(async () => {
    store.treat(refuse(), "get");
    store.treat(throwAtOnce, "get-failure");
    const { result } = await letTimePass(clock, start().invoices.getToken(), 50);
    expect(result.status).toBe("fulfilled");
  });
  expect(unhandled).toEqual([]);
});

test("no event holds a token, whatever the store says of the entry that it would not take", async () => {
  const fleet = createFleet();
  const { start, store, clock } = fleet;
  const careless: TokenCache = {
    ...store.cache,
    async set(_, entry) {
      throw Object.assign(new Error(`could not store ${JSON.stringify(entry)}`), { command: ["SET", entry] });
    },
  };
  const one = start({ store: careless });
  const { accessToken } = await one.invoices.getToken();
  await clock.advance(0);
  expect(story(one)).toContain("cache-failed set");
  expect(everythingShownBy(one.events).includes(accessToken)).toBe(false);
});

test("a cacheKey function that failed once is asked again", async () => {
  const fleet = createFleet();
  const { clock, store } = fleet;
  let calls = 0;
  const cacheKey = (): string => {
    if (calls++ === 0) throw new Error("not yet");
    return "mine";
  };
  const one = await startWithToken(fleet, { manager: { cacheKey } });
  await one.invoices.getToken({ forceRenewal: true });
  await clock.advance(0);
  expect(store.key()).toBe("mine");
});

describe("the event of a fault", () => {
  test("does not show a token that was deleted while it was written", async () => {
    const { start, clock, store } = createFleet();
    let fail: (reason: Error) => void = () => {};
    store.treat(() => new Promise<never>((_resolve, reject) => (fail = reject)), "set");
    const one = start();
    const { accessToken } = await one.invoices.getToken();
    await clock.advance(0);
    store.heal();
    const deleting = one.invoices.deleteToken();
    fail(new Error(`row too long: ${accessToken}`));
    await deleting;
    const errors = one.events.map((event) => ("error" in event ? String(event.error) : ""));
    expect(errors.join()).toContain("row too long");
    expect(errors.join()).not.toContain(accessToken);
  });
  test("does not show the token in use", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const { invoices, token, events } = await startWithToken(fleet);
    store.treat(refuse(new Error(`cannot decode ${token.accessToken}`)), "get");
    await clock.advance(60_000);
    invoices.peekToken();
    await clock.advance(0);
    const errors = events.map((event) => ("error" in event ? String(event.error) : ""));
    expect(errors.join()).toContain("cannot decode");
    expect(errors.join()).not.toContain(token.accessToken);
  });
});
