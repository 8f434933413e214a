import { describe, expect, test } from "vitest";
import type { Fetch, Lease, TokenCache } from "@client-token/core";
import { atOnce, failureOf } from "../../support/calls.ts";
import { createFleet, startWithToken, story, usable, type Fleet } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { answerLate, dawdle, hang, refuse, throwAtOnce } from "../../support/scripted-store.ts";
import { letTimePass, watch } from "../../support/time.ts";
import { unhandledWhile } from "../../support/unhandled.ts";

pinRandom(0);

/** A time-out of 10 s, three deadlines of 250 ms, and half a second. */
const leaseTime = 11_250;
const deaf: Fetch = () => new Promise<Response>(() => {});

/** Somebody who keeps no time takes the lease. */
async function plantLease(fleet: Fleet): Promise<void> {
  await startWithToken(fleet);
  fleet.store.leases.set(fleet.store.key(), { until: Infinity });
  fleet.store.entries.clear();
}

test.each([
  [10_000, 250, leaseTime],
  [2000, 1000, 5500],
])(
  "a lease lasts the time-out, three deadlines of the store and 500 ms: %d ms, %d ms",
  async (timeout, deadline, time) => {
    const { start, store } = createFleet();
    await start({ client: { timeout }, sharing: { deadline } }).invoices.getToken();
    expect(store.leaseTime()).toBe(time);
  },
);

describe("a lease whose holder has died", () => {
  test("is waited out, and then one of the others asks", async () => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    const dying = failureOf(start({ client: { httpClient: deaf } }).invoices.getToken());
    await clock.advance(0);
    store.treat(hang, "release");
    const calls = atOnce(6, () => start().invoices.getToken());
    const { result, took } = await letTimePass(clock, calls, 50);
    expect(result.status).toBe("fulfilled");
    expect(took).toBeGreaterThanOrEqual(leaseTime);
    expect(took).toBeLessThanOrEqual(leaseTime + 1000);
    expect(server.requests).toHaveLength(1);
    await letTimePass(clock, dying);
  });
});

describe("a lease that never ends", () => {
  test("is a fault of the store: each process asks on its own when its time is over", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    await plantLease(fleet);
    const calls = Promise.all(
      Array.from({ length: 4 }, () => start()).map(({ invoices }) => atOnce(5, () => invoices.getToken())),
    );
    const { result, took } = await letTimePass(clock, calls, 50);
    expect(result.status).toBe("fulfilled");
    expect(took).toBeGreaterThanOrEqual(leaseTime);
    expect(took).toBeLessThanOrEqual(leaseTime + 1000);
    expect(server.requests.length).toBeLessThanOrEqual(1 + 4);
  });

  test("leaves the whole time-out for the token request that comes after the wait", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    await plantLease(fleet);
    server.answerAlways(async () => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 9900));
      return Response.json({ access_token: "slow", expires_in: 3600 });
    });
    const { result, took } = await letTimePass(clock, start().invoices.getToken(), 50);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: "slow" } });
    expect(took).toBeLessThanOrEqual(leaseTime + 1000 + 9900);
  });

  test("over a store that takes its time for every call is not an error either", async () => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    await plantLease(fleet);
    store.treat(answerLate(clock, 220), "get", "get-failure", "set", "lease");
    server.answerAlways(async () => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 9900));
      return Response.json({ access_token: "slow", expires_in: 3600 });
    });
    const { result } = await letTimePass(clock, start().invoices.getToken(), 50);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: "slow" } });
  });

  test("does not make callers wait who have an old token", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const one = await startWithToken(fleet);
    store.leases.set(store.key(), { until: Infinity });
    await clock.advance(usable + 10_000);
    const { took } = await letTimePass(
      clock,
      atOnce(20, () => one.invoices.getToken()),
      50,
    );
    expect(took).toBeLessThanOrEqual(2000);
    await clock.advance(leaseTime);
    expect(one.invoices.peekToken()).not.toBe(one.token);
  });
});

describe("a lease that has stood too long once", () => {
  test("is not waited for in full again", async () => {
    const fleet = createFleet();
    const { start, clock } = fleet;
    await plantLease(fleet);
    const { invoices } = start();
    const first = await letTimePass(clock, invoices.getToken(), 50);
    expect(first.took).toBeGreaterThanOrEqual(leaseTime);
    await clock.advance(usable + 61_000);
    const again = await letTimePass(clock, invoices.getToken(), 50);
    expect(again.took).toBeLessThanOrEqual(2500);
  });

  test("and has been free since is waited for in full", async () => {
    const fleet = createFleet();
    const { start, clock, store } = fleet;
    await plantLease(fleet);
    const { invoices } = start();
    await letTimePass(clock, invoices.getToken(), 50);
    store.leases.clear();
    await clock.advance(usable + 61_000);
    await letTimePass(clock, invoices.getToken(), 50);
    await clock.advance(usable + 61_000);
    store.leases.set(store.key(), { until: Infinity });
    const { took } = await letTimePass(clock, invoices.getToken(), 50);
    expect(took).toBeGreaterThanOrEqual(leaseTime);
  });

  test("and is gone is nobody's reason to ask beside another process", async () => {
    const fleet = createFleet();
    const { start, clock, store, server } = fleet;
    server.answerAlways(async () => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 300));
      return Response.json({ access_token: crypto.randomUUID(), expires_in: 3600 });
    });
    const seed = await letTimePass(clock, startWithToken(fleet), 50);
    expect(seed.result.status).toBe("fulfilled");
    store.leases.set(store.key(), { until: Infinity });
    store.entries.clear();
    const processes = [start(), start(), start()];
    const all = (): Promise<unknown> => Promise.all(processes.map(({ invoices }) => invoices.getToken()));
    await letTimePass(clock, all(), 50);
    store.leases.clear();
    await clock.advance(usable + 61_000);
    const before = server.requests.length;
    await letTimePass(clock, all(), 50);
    expect(server.requests).toHaveLength(before + 1);
  });
});

test("a lease that passes from one process to the next stands no longer for that", async () => {
  const { start, clock } = createFleet();
  let [inTheAir, most] = [0, 0];
  const httpClient: Fetch = (_, init) =>
    new Promise<Response>((_resolve, reject) => {
      most = Math.max(most, ++inTheAir);
      init?.signal?.addEventListener("abort", () => {
        inTheAir--;
        reject(new Error("aborted"));
      });
    });
  for (let count = 0; count < 6; count++) {
    start({ client: { httpClient } })
      .invoices.getToken()
      .catch(() => {});
  }
  await clock.advance(30_000);
  expect(most).toBe(1);
});

describe("acquiring it", () => {
  test.each([
    ["rejects", refuse()],
    ["rejects with text", refuse("READONLY")],
    ["throws", throwAtOnce],
    ["hangs", hang],
  ])("%s: the process asks on its own, after 250 ms at most", async (_, treatment) => {
    const { start, server, clock, store } = createFleet();
    store.treat(treatment, "lease");
    const one = start();
    const { result, took } = await letTimePass(clock, one.invoices.getToken(), 50);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: server.issued[0] } });
    expect(took).toBeLessThanOrEqual(250);
    expect(story(one)).toContain("cache-failed lease");
  });

  test("takes too long: a lease that comes late is given back at once", async () => {
    const { start, clock, store } = createFleet();
    store.treat(dawdle(clock, 5000), "lease");
    await letTimePass(clock, start().invoices.getToken(), 50);
    expect(store.isLeased()).toBe(false);
    await clock.advance(4900);
    expect(store.calls.at(-1)).toBe("release");
    expect(store.isLeased()).toBe(false);
  });

  test("takes too long, and fails then: nothing is left to handle", async () => {
    const { start, clock, store } = createFleet();
    const unhandled = await unhandledWhile(async () => {
      store.treat(async () => {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 5000));
        throw new Error("too late");
      }, "lease");
      await letTimePass(clock, start().invoices.getToken(), 50);
      await clock.advance(5000);
    });
    expect(unhandled).toEqual([]);
  });

  test("gives null, as stores written without types do: somebody else has it", async () => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    const nobody = null as unknown as undefined;
    const careless: TokenCache = { ...store.cache, acquireLease: async () => nobody };
    const call = watch(start({ store: careless }).invoices.getToken());
    await clock.advance(5000);
    expect([call.settled(), server.requests.length]).toEqual([false, 0]);
    await letTimePass(clock, call.work, 50);
  });
});

describe("giving it back", () => {
  const releases: readonly [how: string, release: () => Promise<void>][] = [
    ["rejects", () => Promise.reject(new Error("connection lost"))],
    [
      "throws",
      () => {
        throw new Error("connection closed");
      },
    ],
    ["returns nothing", () => undefined as unknown as Promise<void>],
    ["hangs", () => new Promise<void>(() => {})],
  ];

  /** A store whose leases are released like that, and which is this late. */
  function withRelease({ store, clock }: Fleet, release: Lease["release"], delay: number): TokenCache {
    return {
      ...store.cache,
      async acquireLease() {
        if (delay > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, delay));
        return { release };
      },
    };
  }

  test.each(releases)("%s: nobody notices, and the manager closes", async (_, release) => {
    const fleet = createFleet();
    const { start, clock } = fleet;
    const unhandled = await unhandledWhile(async () => {
      const { tokens, invoices } = start({ store: withRelease(fleet, release, 0) });
      await expect(invoices.getToken()).resolves.toBeDefined();
      const { took } = await letTimePass(clock, tokens.close(), 50);
      expect(took).toBeLessThanOrEqual(1000);
    });
    expect(unhandled).toEqual([]);
  });

  test.each(releases)("%s, after it came too late: nobody notices", async (_, release) => {
    const fleet = createFleet();
    const { start, clock } = fleet;
    const unhandled = await unhandledWhile(async () => {
      const { invoices } = start({ store: withRelease(fleet, release, 1000) });
      await letTimePass(clock, invoices.getToken(), 50);
      await clock.advance(1000);
    });
    expect(unhandled).toEqual([]);
  });

  test("is not waited for by callers", async () => {
    const { start, clock, store } = createFleet();
    const held = store.hold("release");
    const call = watch(start().invoices.getToken());
    await clock.advance(0);
    expect([held.reached(), call.settled()]).toEqual([true, true]);
  });
});

describe("a process that asks", () => {
  test("gives the lease back when its time-out is over, also where nothing stops its request", async () => {
    const { start, clock, store } = createFleet();
    const call = failureOf(start({ client: { httpClient: deaf } }).invoices.getToken());
    const { took } = await letTimePass(clock, call);
    await clock.advance(0);
    expect(took).toBeLessThanOrEqual(10_000);
    expect(store.isLeased()).toBe(false);
  });

  test("gives the lease back when its time-out is over and its secret has not come", async () => {
    const { start, clock, store } = createFleet();
    const clientSecret = (): Promise<string> => new Promise<string>(() => {});
    await letTimePass(clock, failureOf(start({ client: { clientSecret } }).invoices.getToken()));
    await clock.advance(0);
    expect(store.isLeased()).toBe(false);
  });
});

test("after a holder that died the next one has its whole turn: the others wait on", async () => {
  const { start, clock, store, server, holdNextToken } = createFleet();
  // A holder that never comes back.
  const dead = start({ client: { httpClient: () => new Promise<Response>(() => {}) } });
  dead.invoices.getToken().catch(() => {});
  await clock.advance(0);
  store.treat(hang, "release", "set-failure");
  const letGo = holdNextToken();
  const calls = [start(), start()].map(({ invoices }) => watch(invoices.getToken()));
  await clock.advance(store.leaseTime() - 600);
  store.heal();
  for (let time = 0; time < 6000; time += 50) await clock.advance(50);
  expect(server.requests).toHaveLength(1);
  letGo();
  const { result } = await letTimePass(clock, Promise.all(calls.map(({ work }) => work)), 25);
  expect(result).toMatchObject({ value: [{ accessToken: "let-go" }, { accessToken: "let-go" }] });
});

test("a lease that began a little after the wait for it is waited for to its end", async () => {
  const { start, clock, store } = createFleet();
  start({ client: { httpClient: () => new Promise<Response>(() => {}) } })
    .invoices.getToken()
    .catch(() => {});
  await clock.advance(0);
  store.treat(hang, "release", "set-failure");
  const key = [...store.leases.keys()][0] ?? "";
  const until = clock.monotonic() + store.leaseTime() + 300;
  store.leases.set(key, { until });
  const one = start();
  const call = watch(one.invoices.getToken());
  await clock.advance(until - clock.monotonic() - 700);
  store.heal();
  const { result } = await letTimePass(clock, call.work, 25);
  expect(result.status).toBe("fulfilled");
  expect(story(one)).toEqual(["token-obtained token-endpoint cold"]);
});
