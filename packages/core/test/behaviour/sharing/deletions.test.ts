import { describe, expect, test } from "vitest";
import { atOnce, failureOf } from "../../support/calls.ts";
import { createFleet, deleteElsewhere, startWithToken } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { dawdle, everything, hang, refuse } from "../../support/scripted-store.ts";
import { letTimePass } from "../../support/time.ts";

pinRandom(0);

const minute = 60_000;

describe("a deleted token", () => {
  test("leaves a mark that outlasts every lease and every look", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const one = await startWithToken(fleet);
    await one.invoices.deleteToken();
    expect(store.entry()?.kind).toBe("tombstone");
    expect(store.entry()?.expiresAt).toBeGreaterThanOrEqual(clock.now() + store.leaseTime() + 2 * minute);
    expect(JSON.stringify([...store.entries])).not.toContain(one.token.accessToken);
  });

  test("is dropped by every process that is in use, within a minute", async () => {
    const fleet = createFleet();
    const { server, clock } = fleet;
    const others = [await startWithToken(fleet), await startWithToken(fleet)];
    await deleteElsewhere(fleet);
    for (let second = 0; second <= 60; second++) {
      for (const { invoices } of others) invoices.peekToken();
      await clock.advance(1000);
    }
    for (const { invoices } of others) expect(invoices.peekToken()).toBeUndefined();
    const { result } = await letTimePass(
      clock,
      Promise.all(others.map(({ invoices }) => invoices.getToken())),
      25,
    );
    expect(result.status === "fulfilled" && result.value.map(({ accessToken }) => accessToken)).toEqual([
      server.issued[1],
      server.issued[1],
    ]);
    expect(server.requests).toHaveLength(2);
  });

  test("is dropped once: the token that comes after stays, as long as the mark does", async () => {
    const fleet = createFleet();
    const { server, clock, store } = fleet;
    const one = await startWithToken(fleet);
    await deleteElsewhere(fleet);
    store.treat(refuse(), "set");
    await clock.advance(minute);
    one.invoices.peekToken();
    await clock.advance(0);
    const { accessToken } = await one.invoices.getToken();
    for (let second = 0; second < 130; second++) {
      expect(one.invoices.peekToken()?.accessToken).toBe(accessToken);
      await clock.advance(1000);
    }
    expect(server.requests).toHaveLength(2);
  });

  test("that its server issues once more is a good token again", async () => {
    const fleet = createFleet();
    const { server, clock } = fleet;
    server.answerAlways(() => Response.json({ access_token: "the-same", expires_in: 3600 }));
    const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
    await one.invoices.deleteToken();
    await clock.advance(1000);
    await one.invoices.getToken();
    for (let second = 0; second < 600; second++) {
      for (const { invoices } of [one, other]) invoices.peekToken();
      await clock.advance(1000);
    }
    expect(server.requests).toHaveLength(2);
  });

  test("is dropped at each further deletion", async () => {
    const fleet = createFleet();
    const { server, clock } = fleet;
    const one = await startWithToken(fleet);
    for (let round = 1; round <= 3; round++) {
      await deleteElsewhere(fleet);
      await clock.advance(minute);
      one.invoices.peekToken();
      await clock.advance(0);
      expect(one.invoices.peekToken()).toBeUndefined();
      await one.invoices.getToken();
      expect(server.requests).toHaveLength(1 + round);
    }
  });

  test("by this process is nothing that it has to hear of: one token request is enough", async () => {
    const fleet = createFleet();
    const { server, clock } = fleet;
    const one = await startWithToken(fleet);
    await one.invoices.deleteToken();
    await one.invoices.getToken({ forceRenewal: true });
    await clock.advance(0);
    expect(server.requests).toHaveLength(2);
  });

  test("is dropped also by who heard of it through a store that answered too late the first time", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const one = await startWithToken(fleet);
    await deleteElsewhere(fleet);
    await clock.advance(minute);
    store.treat(dawdle(clock, 400), "get");
    one.invoices.peekToken();
    await clock.advance(2000);
    store.heal();
    await clock.advance(minute);
    one.invoices.peekToken();
    await clock.advance(0);
    expect(one.invoices.peekToken()).toBeUndefined();
  });

  test("is dropped also where the token that took its place ends before it would have", async () => {
    const fleet = createFleet();
    const { server, clock, start } = fleet;
    const one = await startWithToken(fleet);
    await deleteElsewhere(fleet);
    server.answerNext(() => Response.json({ access_token: "short", expires_in: 600 }));
    expect((await start().invoices.getToken()).accessToken).toBe("short");
    await clock.advance(minute);
    one.invoices.peekToken();
    await clock.advance(0);
    expect(one.invoices.peekToken()?.accessToken).not.toBe(one.token.accessToken);
  });

  test.each(["that it asked for", "that it took over"])(
    "%s is not taken over by a process again, though the store did not take the deletion",
    async (origin) => {
      const fleet = createFleet();
      const { clock, store, server } = fleet;
      if (origin === "that it took over") await startWithToken(fleet);
      const one = await startWithToken(fleet);
      store.treat(refuse(), "set");
      expect(await failureOf(one.invoices.deleteToken())).toMatchObject({ code: "ERR_TOKEN_CACHE" });
      await clock.advance(0);
      expect((await one.invoices.getToken()).accessToken).toBe(server.issued[1]);
    },
  );

  test("is not written over the mark: the deletion waits for a write that is on its way", async () => {
    const fleet = createFleet();
    const { clock, store, start } = fleet;
    const held = store.hold("set");
    const { invoices } = start();
    await invoices.getToken();
    const deleting = invoices.deleteToken();
    await clock.advance(100);
    held.letGo();
    await deleting;
    expect(store.entry()?.kind).toBe("tombstone");
  });

  test("does not come back by a write from before that is late", async () => {
    const fleet = createFleet();
    const { clock, store, start, server } = fleet;
    store.treat(dawdle(clock, 400), "set");
    const one = start();
    await one.invoices.getToken();
    await clock.advance(300);
    store.heal();
    await one.invoices.deleteToken();
    // The write lands.
    await clock.advance(200);
    expect((await one.invoices.getToken()).accessToken).toBe(server.issued[1]);
  });

  test("stands in for another key only if that is the same: a foreign mark drops nothing", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const one = await startWithToken(fleet);
    const [key] = [...store.entries.keys()];
    const mark = { kind: "tombstone", expiresAt: clock.now() + 1e6, version: 1, digest: "another", id: "x" };
    store.entries.set(key ?? "", { ...mark, kind: "tombstone" });
    await clock.advance(minute);
    one.invoices.peekToken();
    await clock.advance(0);
    expect(one.invoices.peekToken()).toBe(one.token);
  });
});

test("a deleted token is not taken over again, also if the options were renewed since", async () => {
  const fleet = createFleet();
  const { clock, store, start } = fleet;
  const { invoices } = start({
    manager: { clients: { invoices: () => fleet.options }, clientLifetime: 60 },
  });
  const { accessToken } = await invoices.getToken();
  await clock.advance(2 * minute);
  invoices.peekToken();
  await clock.advance(0);
  store.treat(refuse(), "set");
  expect(await failureOf(invoices.deleteToken())).toMatchObject({ code: "ERR_TOKEN_CACHE" });
  await clock.advance(0);
  expect((await invoices.getToken()).accessToken).not.toBe(accessToken);
});

test("a write of options that were replaced does not undo a deletion", async () => {
  const fleet = createFleet();
  const { clock, store, start } = fleet;
  const held = store.hold("set");
  const { tokens, invoices } = start();
  await invoices.getToken();
  await clock.advance(0);
  expect(held.reached()).toBe(true);
  tokens.register("invoices", { ...fleet.options, timeout: 5000 });
  const deleting = tokens.deleteToken("invoices");
  await clock.advance(10);
  held.letGo();
  await deleting;
  await clock.advance(0);
  expect(store.entry()?.kind).toBe("tombstone");
});

describe("deletions at a time when the store hangs, or is slow,", () => {
  test("wait for one another no longer than two deadlines, and hold up nobody else", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const { invoices } = await startWithToken(fleet);
    store.treat(hang, ...everything);
    const deletions = atOnce(50, () => failureOf(invoices.deleteToken()));
    const { result, took } = await letTimePass(clock, Promise.all([deletions, invoices.getToken()]), 25);
    expect(result.status).toBe("fulfilled");
    expect(took).toBeLessThanOrEqual(750);
  });

  test("do not pile up", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const { invoices } = await startWithToken(fleet);
    store.treat(hang, ...everything);
    let pending = 0;
    for (let time = 0; time < 20_000; time += 100) {
      pending++;
      void failureOf(invoices.deleteToken()).then(() => pending--);
      await clock.advance(100);
    }
    expect(pending).toBeLessThanOrEqual(6);
  });

  test("do not put off the probe", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const { invoices } = await startWithToken(fleet);
    store.treat(hang, "set");
    store.calls.length = 0;
    for (let time = 0; time < 20_000; time += 500) {
      void failureOf(invoices.deleteToken());
      await clock.advance(250);
      invoices.getToken({ scope: `${time}` }).catch(() => {});
      await clock.advance(250);
    }
    expect(store.calls.filter((call) => call === "probe").length).toBeGreaterThan(5);
  });

  test("are one deletion for this process, if one comes while the other waits its turn", async () => {
    const fleet = createFleet();
    const { clock, store, server } = fleet;
    const { invoices } = await startWithToken(fleet);
    await clock.advance(minute);
    const held = store.hold("get", "done");
    invoices.peekToken();
    await clock.advance(0);
    expect(held.reached()).toBe(true);
    const deletions = atOnce(2, () => invoices.deleteToken());
    store.calls.length = 0;
    held.letGo();
    await deletions;
    expect(store.calls).toEqual(["set"]);
    await invoices.getToken();
    await clock.advance(minute);
    invoices.peekToken();
    await clock.advance(0);
    expect(invoices.peekToken()?.accessToken).toBe(server.issued[1]);
    expect(server.requests).toHaveLength(2);
  });
});

test("a deletion while another one is being written is written too", async () => {
  const fleet = createFleet();
  const { store, clock, start } = fleet;
  const { invoices } = await startWithToken(fleet);
  const held = store.hold("set", "done");
  const first = invoices.deleteToken();
  await clock.advance(0);
  expect(held.reached()).toBe(true);
  await startWithToken(fleet);
  expect(store.entry()?.kind).toBe("token");
  const second = invoices.deleteToken();
  held.letGo();
  await Promise.all([first, second]);
  expect(store.entry()?.kind).toBe("tombstone");
  expect((await start().invoices.getToken()).accessToken).toBe(fleet.server.issued[2]);
});

test("a deletion that found no key for the store can be tried again", async () => {
  const { store, start } = createFleet();
  const keys = [new Error("no key"), new Error("no key"), "key"];
  const cacheKey = (): string => {
    const key = keys.shift() ?? "key";
    if (key instanceof Error) throw key;
    return key;
  };
  const { invoices } = start({ client: { cacheKey } });
  expect(await failureOf(invoices.deleteToken())).toMatchObject({ code: "ERR_TOKEN_CACHE" });
  expect(await failureOf(invoices.deleteToken())).toMatchObject({ code: "ERR_TOKEN_CACHE" });
  await invoices.deleteToken();
  expect(store.entry()?.kind).toBe("tombstone");
});
