import { describe, expect, test } from "vitest";
import { failureOf } from "../../support/calls.ts";
import { createFleet, deleteElsewhere, startWithToken, usable, type Fleet } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { dawdle, everything, hang, refuse, type StoreCall } from "../../support/scripted-store.ts";
import { letTimePass, watch } from "../../support/time.ts";

pinRandom(0);

const minute = 60_000;

/** The tokens that the server issued after `count` others. */
function issuedAfter({ server }: Fleet, count: number): readonly string[] {
  return server.issued.slice(count);
}

describe("a deletion in another process, while a flight is on its way", () => {
  const steps: readonly [step: string, call: StoreCall, nth: number, how: "done" | "not-done"][] = [
    ["before it looks", "get", 1, "not-done"],
    ["after it looked", "get", 1, "done"],
    ["before it has the lease", "lease", 1, "not-done"],
    ["after it got the lease", "lease", 1, "done"],
    ["before it looks again", "get", 2, "not-done"],
    ["after it looked again", "get", 2, "done"],
    ["before it looks once more", "get", 3, "not-done"],
  ];

  test.each(steps)("%s: callers get a token from after the deletion", async (_, call, nth, how) => {
    const fleet = createFleet();
    const { clock, store, start, server } = fleet;
    const one = start();
    const held = store.hold(call, how, nth);
    const waiting = watch(one.invoices.getToken());
    await clock.advance(0);
    expect(held.reached()).toBe(true);
    const before = server.issued.length;
    await deleteElsewhere(fleet);
    held.letGo();
    await clock.advance(0);
    expect(issuedAfter(fleet, before)).toContain((await waiting.work).accessToken);
    expect(server.requests.length).toBeLessThanOrEqual(2);
    await clock.advance(0);
    expect(store.entry()).toMatchObject({
      kind: "token",
      accessToken: one.invoices.peekToken()?.accessToken,
    });
  });

  test("before a renewal that fails: the token from before is not used any more", async () => {
    const fleet = createFleet();
    const { clock, server } = fleet;
    const { invoices } = await startWithToken(fleet);
    await clock.advance(usable);
    await deleteElsewhere(fleet);
    server.answerAlways(() => new Response(null, { status: 503 }));
    const { result } = await letTimePass(clock, failureOf(invoices.getToken()), 50);
    expect(result).toMatchObject({ status: "fulfilled", value: { status: 503 } });
  });

  test("before a forced call joins, and its request fails: the token from before is not used", async () => {
    const fleet = createFleet();
    const { clock, server, store } = fleet;
    const { invoices } = await startWithToken(fleet);
    await clock.advance(usable);
    await deleteElsewhere(fleet);
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 401 }));
    const held = store.hold("get", "done");
    const ordinary = failureOf(invoices.getToken());
    await clock.advance(0);
    const forced = failureOf(invoices.getToken({ forceRenewal: true }));
    await clock.advance(0);
    held.letGo();
    const { result } = await letTimePass(clock, Promise.all([ordinary, forced]), 25);
    expect(result).toMatchObject({ status: "fulfilled", value: [{ status: 401 }, { status: 401 }] });
  });

  test("while it asks: the token is discarded, and it asks once more", async () => {
    const fleet = createFleet();
    const { clock, start, server, store, holdNextToken } = fleet;
    const letGo = holdNextToken();
    const call = watch(start().invoices.getToken());
    await clock.advance(0);
    await deleteElsewhere(fleet);
    letGo();
    await clock.advance(0);
    expect((await call.work).accessToken).toBe(server.issued[0]);
    expect(server.requests).toHaveLength(2);
    expect(store.entry()).toMatchObject({ kind: "token", accessToken: server.issued[0] });
    expect(store.isLeased()).toBe(false);
  });

  test("while it asks, and the second request fails: the token from before is not used either", async () => {
    const fleet = createFleet();
    const { clock, start, server, holdNextToken } = fleet;
    const letGo = holdNextToken();
    const one = start();
    const call = failureOf(one.invoices.getToken());
    await clock.advance(0);
    await deleteElsewhere(fleet);
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 401 }));
    letGo();
    await clock.advance(0);
    expect(await call).toMatchObject({ code: "ERR_TOKEN_REFUSED" });
    expect(one.invoices.peekToken()).toBeUndefined();
  });

  test("while a renewal asks, and the second request fails: nor is the old token", async () => {
    const fleet = createFleet();
    const { clock, server, holdNextToken } = fleet;
    const one = await startWithToken(fleet);
    await clock.advance(usable * 0.9);
    const letGo = holdNextToken();
    one.invoices.peekToken();
    await clock.advance(0);
    await deleteElsewhere(fleet);
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 401 }));
    letGo();
    await clock.advance(0);
    expect(one.invoices.peekToken()).toBeUndefined();
  });

  test.each(["renewal", "forced"])(
    "while a %s asks: neither the old nor that token is used",
    async (kind) => {
      const fleet = createFleet();
      const { clock, server, holdNextToken } = fleet;
      const one = await startWithToken(fleet);
      await clock.advance(usable * 0.9);
      const letGo = holdNextToken();
      if (kind === "renewal") one.invoices.peekToken();
      else one.invoices.getToken({ forceRenewal: true }).catch(() => {});
      await clock.advance(0);
      await deleteElsewhere(fleet);
      letGo();
      await clock.advance(0);
      expect(one.invoices.peekToken()?.accessToken).toBe(server.issued[1]);
    },
  );

  test("while the answer to its last look is late: the next look of this process finds it", async () => {
    const fleet = createFleet();
    const { clock, start, store, server, holdNextToken } = fleet;
    const letGo = holdNextToken();
    const one = start();
    const call = watch(one.invoices.getToken());
    await clock.advance(0);
    await deleteElsewhere(fleet);
    store.treat(dawdle(clock, 400), "get");
    store.treat(refuse(), "set");
    letGo();
    await clock.advance(1000);
    expect((await call.work).accessToken).toBe("let-go");
    store.heal();
    await clock.advance(minute);
    one.invoices.peekToken();
    await clock.advance(0);
    expect((await one.invoices.getToken()).accessToken).toBe(server.issued[0]);
  });

  test("right after another one: one more token request is enough for both", async () => {
    const fleet = createFleet();
    const { clock, start, server, holdNextToken } = fleet;
    const letGo = holdNextToken();
    const call = watch(start().invoices.getToken());
    await clock.advance(0);
    await deleteElsewhere(fleet);
    await deleteElsewhere(fleet);
    letGo();
    await clock.advance(0);
    expect((await call.work).accessToken).toBe(server.issued[0]);
    expect(server.requests).toHaveLength(2);
  });
});

describe("a deletion in this process, while a flight is on its way", () => {
  const steps: readonly [step: string, call: StoreCall, nth: number, how: "done" | "not-done"][] = [
    ["looks", "get", 1, "done"],
    ["takes the lease", "lease", 1, "done"],
    ["looks again", "get", 2, "done"],
    ["looks once more", "get", 3, "done"],
    ["writes", "set", 1, "not-done"],
    ["releases", "release", 1, "not-done"],
  ];

  test.each(steps)(
    "and %s: the next call gets a new token, and no lease is left",
    async (_, call, nth, how) => {
      const fleet = createFleet();
      const { clock, store, start, server } = fleet;
      const one = start();
      const held = store.hold(call, how, nth);
      one.invoices.getToken().catch(() => {});
      await clock.advance(0);
      expect(held.reached()).toBe(true);
      const before = server.issued.length;
      const deleting = watch(one.invoices.deleteToken());
      const next = watch(one.invoices.getToken());
      await clock.advance(0);
      held.letGo();
      const { result } = await letTimePass(clock, Promise.all([deleting.work, next.work]), 25);
      expect(result.status).toBe("fulfilled");
      expect(issuedAfter(fleet, before)).toContain((await next.work).accessToken);
      await clock.advance(0);
      expect(store.isLeased()).toBe(false);
      expect(store.entry()).toMatchObject({
        kind: "token",
        accessToken: one.invoices.peekToken()?.accessToken,
      });
    },
  );

  test("and asks: its lease is given back, and it tells nobody that it failed", async () => {
    const fleet = createFleet();
    const { clock, store, start, holdNextToken } = fleet;
    holdNextToken();
    const one = start();
    const call = watch(one.invoices.getToken());
    await clock.advance(0);
    await one.invoices.deleteToken();
    await clock.advance(500);
    expect(call.settled()).toBe(true);
    expect([store.isLeased(), store.marker()]).toEqual([false, undefined]);
  });
});

test("a deletion while a process asks that could not read the store is not written over", async () => {
  const fleet = createFleet();
  const { clock, start, store, holdNextToken } = fleet;
  const letGo = holdNextToken();
  store.treat(refuse(), "get");
  const call = start().invoices.getToken();
  await clock.advance(0);
  store.heal();
  await deleteElsewhere(fleet);
  letGo();
  await call;
  await clock.advance(0);
  expect((await start().invoices.getToken()).accessToken).not.toBe("let-go");
});

test("a deletion in this process while it looks once more, and no call after it, stays a deletion", async () => {
  const { start, clock, store } = createFleet();
  const held = store.hold("get", "done", 3);
  const one = start();
  const controller = new AbortController();
  const call = failureOf(one.invoices.getToken({ signal: controller.signal }));
  await clock.advance(0);
  expect(held.reached()).toBe(true);
  const deleting = one.invoices.deleteToken();
  controller.abort();
  held.letGo();
  await Promise.all([call, deleting]);
  await clock.advance(0);
  expect(one.invoices.peekToken()).toBeUndefined();
  expect(store.entry()?.kind).toBe("tombstone");
});

describe("a deletion while a process asks whose", () => {
  test.each(["", ", and the one after it,"])("last look%s fails is not written over", async (more) => {
    const fleet = createFleet();
    const { clock, start, store, holdNextToken } = fleet;
    const letGo = holdNextToken();
    const call = start().invoices.getToken();
    await clock.advance(0);
    await deleteElsewhere(fleet);
    let reads = more === "" ? 1 : 2;
    store.treat((work) => (reads-- > 0 ? refuse()(work) : Promise.resolve(work())), "get");
    letGo();
    await call;
    await clock.advance(0);
    expect(reads).toBe(more === "" ? -1 : 0);
    expect(store.entry()?.kind).toBe("tombstone");
  });

  test("store was left alone meanwhile is not written over", async () => {
    const fleet = createFleet();
    const { clock, start, store, holdNextToken } = fleet;
    const held = store.hold("lease");
    const letGo = holdNextToken();
    const call = start().invoices.getToken();
    await clock.advance(250);
    held.letGo();
    await clock.advance(500);
    await deleteElsewhere(fleet);
    await clock.advance(1000);
    letGo();
    await call;
    await clock.advance(100);
    expect(store.entry()?.kind).toBe("tombstone");
  });
});

describe("a deletion in this process, when it has its token and is about to share it, stays a deletion", () => {
  test("where the store has been left alone, and is probed", async () => {
    const { clock, store, start, holdNextToken } = createFleet();
    store.treat(hang, ...everything);
    const letGo = holdNextToken();
    const one = start();
    const call = one.invoices.getToken();
    await clock.advance(2000);
    store.heal();
    const probe = store.hold("probe");
    letGo();
    await call;
    await clock.advance(0);
    expect(probe.reached()).toBe(true);
    await one.invoices.deleteToken();
    probe.letGo();
    await clock.advance(100);
    expect(store.entry()?.kind).toBe("tombstone");
  });

  test("where it reads first, because it could not before", async () => {
    const { clock, store, start, holdNextToken } = createFleet();
    store.treat(refuse(), "get");
    const letGo = holdNextToken();
    const one = start();
    const call = one.invoices.getToken();
    await clock.advance(0);
    store.heal();
    const held = store.hold("get", "done");
    letGo();
    await call;
    await clock.advance(0);
    expect(held.reached()).toBe(true);
    const deleting = one.invoices.deleteToken();
    held.letGo();
    await deleting;
    await clock.advance(100);
    expect(store.entry()?.kind).toBe("tombstone");
  });
});

describe("a deletion whose mark has made room for a new token before a slow request ends", () => {
  test.each(["forced", "without leases"])("(%s): the new token is used, and stays", async (how) => {
    const fleet = createFleet();
    const { clock, store, start, holdNextToken } = fleet;
    const { get, set } = store.cache;
    const own = how === "forced" ? {} : { store: { get, set } };
    const other = await startWithToken(fleet, own);
    const one = start(own);
    if (how === "forced") await one.invoices.getToken();
    else store.entries.clear();
    await clock.advance(1000);
    const letGo = holdNextToken();
    const slow = one.invoices.getToken({ forceRenewal: how === "forced" });
    await clock.advance(100);
    await other.invoices.deleteToken();
    await clock.advance(10);
    const { accessToken } = await other.invoices.getToken();
    await clock.advance(10);
    letGo();
    expect((await slow).accessToken).toBe(accessToken);
    await clock.advance(10);
    expect(store.entry()).toMatchObject({ accessToken });
  });

  test("a new token that is hardly good any more does not take the place of a better one", async () => {
    const fleet = createFleet();
    const { clock, store, start, holdNextToken, server } = fleet;
    const { get, set } = store.cache;
    const own = { store: { get, set } };
    const letGo = holdNextToken();
    const slow = start(own).invoices.getToken();
    await clock.advance(10);
    server.answerNext(() => Response.json({ access_token: "short", expires_in: 8 }));
    await start(own).invoices.getToken();
    await clock.advance(5000);
    letGo();
    expect((await slow).accessToken).toBe("let-go");
    await clock.advance(0);
    expect(store.entry()).toMatchObject({ accessToken: "let-go" });
  });
});
