import { describe, expect, test } from "vitest";
import { inARow } from "../../support/calls.ts";
import { createFleet, hour, startWithToken, story, usable } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { answerLate, dawdle, everything, hang, refuse } from "../../support/scripted-store.ts";
import { letTimePass } from "../../support/time.ts";

pinRandom(0);

const minute = 60_000;

test("no call that finds a token here goes to the store, for a minute", async () => {
  const fleet = createFleet();
  const { clock, store } = fleet;
  const { invoices } = await startWithToken(fleet);
  store.calls.length = 0;
  for (let second = 0; second < 60; second++) {
    await inARow(5, () => invoices.getToken());
    await clock.advance(second < 59 ? 1000 : 999);
  }
  expect(store.calls).toEqual([]);
});

test("a look is one read in the background, each minute, while the token is in use", async () => {
  const fleet = createFleet();
  const { clock, store } = fleet;
  const { invoices, token } = await startWithToken(fleet);
  store.calls.length = 0;
  for (let second = 0; second <= 300; second++) {
    expect(invoices.peekToken()).toBe(token);
    await clock.advance(1000);
  }
  expect(store.calls).toEqual(["get", "get", "get", "get", "get"]);
});

test("an idle process does not look", async () => {
  const fleet = createFleet();
  const { clock, store } = fleet;
  await startWithToken(fleet);
  store.calls.length = 0;
  await clock.advance(hour);
  expect(store.calls).toEqual([]);
});

test("a token taken over from another process is looked after in the same way", async () => {
  const fleet = createFleet();
  const { clock, store } = fleet;
  await startWithToken(fleet);
  const { invoices } = await startWithToken(fleet);
  store.calls.length = 0;
  await clock.advance(minute);
  invoices.peekToken();
  await clock.advance(0);
  expect(store.calls).toEqual(["get"]);
});

test("looks of one's own interval are made at that interval", async () => {
  const fleet = createFleet();
  const { clock, store } = fleet;
  const { invoices } = await startWithToken(fleet, { sharing: { lookInterval: 500 } });
  store.calls.length = 0;
  for (let time = 0; time < 5000; time += 100) {
    invoices.peekToken();
    await clock.advance(100);
  }
  expect(store.calls).toHaveLength(9);
});

describe("a look", () => {
  test("takes over a newer token, and tells so", async () => {
    const fleet = createFleet();
    const { clock, server } = fleet;
    const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
    await clock.advance(minute);
    const newer = await other.invoices.getToken({ forceRenewal: true });
    await clock.advance(0);
    expect(one.invoices.peekToken()).toBe(one.token);
    await clock.advance(0);
    expect(one.invoices.peekToken()?.accessToken).toBe(newer.accessToken);
    expect(one.events.at(-1)).toMatchObject({
      type: "token-obtained",
      from: "shared-cache",
      reason: "look",
      expiresAt: newer.expiresAt,
      duration: 0,
    });
    expect(server.requests).toHaveLength(2);
  });

  test("at a token that it took over by a look comes a minute later again", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
    await clock.advance(minute);
    await other.invoices.getToken({ forceRenewal: true });
    one.invoices.peekToken();
    await clock.advance(minute - 1);
    store.calls.length = 0;
    one.invoices.peekToken();
    await clock.advance(1);
    expect(store.calls).toEqual([]);
    one.invoices.peekToken();
    await clock.advance(0);
    expect(store.calls).toEqual(["get"]);
  });

  test("at an older token, which came late to the store, asks for nothing and keeps a good one", async () => {
    const fleet = createFleet();
    const { clock, server, store } = fleet;
    const one = await startWithToken(fleet);
    const [[key, first] = [""]] = store.entries;
    await clock.advance(minute / 2);
    const mine = await one.invoices.getToken({ forceRenewal: true });
    await clock.advance(0);
    if (first !== undefined) store.entries.set(key, first);
    await clock.advance(minute);
    expect(one.invoices.peekToken()).toBe(mine);
    await clock.advance(0);
    expect(one.invoices.peekToken()).toBeDefined();
    await clock.advance(1000);
    expect(server.requests).toHaveLength(2);
  });

  test("at a token that is past its usable time makes the renewal due, and leaves the good one", async () => {
    const fleet = createFleet();
    const { clock, server, start } = fleet;
    const one = await startWithToken(fleet);
    server.answerNext(() => Response.json({ access_token: "short", expires_in: 100 }));
    await start().invoices.getToken({ forceRenewal: true });
    await clock.advance(minute);
    expect(one.invoices.peekToken()).toBe(one.token);
    await clock.advance(0);
    expect(one.invoices.peekToken()).toBe(one.token);
    await clock.advance(0);
    expect(one.invoices.peekToken()?.accessToken).toBe(server.issued[1]);
    expect(server.requests).toHaveLength(3);
  });

  test("that finds nothing makes the renewal due, once: the old token serves until the new one is there", async () => {
    const fleet = createFleet();
    const { clock, server, store, holdNextToken } = fleet;
    const one = await startWithToken(fleet);
    store.entries.clear();
    await clock.advance(minute);
    expect(one.invoices.peekToken()).toBe(one.token);
    await clock.advance(0);
    const letGo = holdNextToken();
    expect(one.invoices.peekToken()).toBe(one.token);
    await clock.advance(5000);
    expect(one.invoices.peekToken()).toBe(one.token);
    letGo();
    await clock.advance(0);
    expect(one.invoices.peekToken()?.accessToken).toBe("let-go");
    for (let second = 0; second < 300; second++) {
      one.invoices.peekToken();
      await clock.advance(1000);
    }
    expect(server.requests).toHaveLength(2);
  });

  test("that finds nothing after a restart of the store: one token request for the fleet", async () => {
    const fleet = createFleet();
    const { clock, server, store } = fleet;
    const processes = await inARow(5, () => startWithToken(fleet));
    store.entries.clear();
    for (let second = 0; second < 120; second++) {
      for (const { invoices } of processes) expect(invoices.peekToken()).toBeDefined();
      await clock.advance(1000);
    }
    const now = processes.map(({ invoices }) => invoices.peekToken()?.accessToken);
    expect(new Set(now)).toEqual(new Set([server.issued[1]]));
    expect(server.requests).toHaveLength(2);
  });

  test("that finds nothing means nothing for a token that was never seen there", async () => {
    const fleet = createFleet();
    const { clock, server, store } = fleet;
    store.treat(refuse(), "set");
    const one = await startWithToken(fleet);
    for (let second = 0; second < 300; second++) {
      expect(one.invoices.peekToken()).toBe(one.token);
      await clock.advance(1000);
    }
    expect(server.requests).toHaveLength(1);
  });

  test("that finds nothing, and a renewal that fails: the token serves to its end, and the server is spared", async () => {
    const fleet = createFleet();
    const { clock, server, store } = fleet;
    const one = await startWithToken(fleet);
    store.entries.clear();
    server.answerAlways(() => new Response(null, { status: 503 }));
    await clock.advance(minute);
    for (let second = 0; second < 600; second++) {
      expect(one.invoices.peekToken()).toBe(one.token);
      await clock.advance(1000);
    }
    // 1, 2, 4 … 30 s apart, at least half of that; three tries each.
    expect(server.requests.length).toBeLessThanOrEqual(1 + 3 * 45);
  });

  test.each([
    ["hangs", hang],
    ["rejects", refuse()],
  ])("over a store that %s changes nothing, and the next one finds what there is", async (_, treatment) => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
    store.treat(treatment, ...everything);
    await clock.advance(minute);
    expect(one.invoices.peekToken()).toBe(one.token);
    await clock.advance(5000);
    store.heal();
    const { accessToken } = await other.invoices.getToken({ forceRenewal: true });
    await clock.advance(minute - 5000);
    expect(one.invoices.peekToken()).toBe(one.token);
    await clock.advance(0);
    expect(one.invoices.peekToken()?.accessToken).toBe(accessToken);
  });

  test("does not make a call wait that comes meanwhile", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const one = await startWithToken(fleet);
    store.treat(hang, "get");
    await clock.advance(minute);
    one.invoices.peekToken();
    const { took } = await letTimePass(clock, one.invoices.getToken(), 10);
    expect(took).toBe(0);
  });

  test("that comes late takes nothing away from what has happened since", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const one = await startWithToken(fleet);
    await clock.advance(minute);
    store.treat(answerLate(clock, 200), "get");
    store.entries.clear();
    one.invoices.peekToken();
    await clock.advance(0);
    store.heal();
    const forced = await letTimePass(clock, one.invoices.getToken({ forceRenewal: true }), 10);
    expect(forced.result).toMatchObject({ status: "fulfilled" });
    await clock.advance(1000);
    const now = one.invoices.peekToken();
    expect(forced.result).toMatchObject({ value: { accessToken: now?.accessToken } });
  });

  test("while a token is rejected leaves the rest to the rejection", async () => {
    const fleet = createFleet();
    const { clock, store, server } = fleet;
    const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
    await clock.advance(minute);
    await other.invoices.getToken({ forceRenewal: true });
    await clock.advance(0);
    const held = store.hold("get", "done");
    one.invoices.peekToken();
    await clock.advance(0);
    const replaced = one.invoices.rejectToken(one.token);
    await clock.advance(0);
    held.letGo();
    const { result } = await letTimePass(clock, replaced, 25);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: server.issued[1] } });
    expect(one.invoices.peekToken()?.accessToken).toBe(server.issued[1]);
    expect(story(one).slice(1)).toEqual(["token-obtained shared-cache rejection", "token-rejected"]);
  });

  test("is not made where the renewal is due before", async () => {
    const fleet = createFleet();
    const { clock, server } = fleet;
    server.answerAlways(() => Response.json({ access_token: crypto.randomUUID(), expires_in: 20 }));
    const one = await startWithToken(fleet);
    for (let time = 0; time < 60_000; time += 500) {
      expect(one.invoices.peekToken()).toBeDefined();
      await clock.advance(500);
    }
    expect(story(one).filter((line) => line.includes("look"))).toEqual([]);
  });

  test("by a process that slept past the token's usable time is none: the call gets what is there", async () => {
    const fleet = createFleet();
    const { clock, server } = fleet;
    const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
    await clock.advance(usable - minute);
    const newer = await other.invoices.getToken({ forceRenewal: true });
    await clock.advance(minute);
    expect((await one.invoices.getToken()).accessToken).toBe(newer.accessToken);
    expect(server.requests).toHaveLength(2);
  });
});

test("a write that comes late counts as seen: the token may go missing later", async () => {
  const fleet = createFleet();
  const { clock, store, server } = fleet;
  store.treat(dawdle(clock, 400), "set");
  const one = await startWithToken(fleet);
  await clock.advance(1000);
  expect(store.entry()).toMatchObject({ kind: "token" });
  store.heal();
  store.entries.clear();
  await clock.advance(minute);
  one.invoices.peekToken();
  await clock.advance(0);
  one.invoices.peekToken();
  await clock.advance(0);
  expect(server.requests).toHaveLength(2);
});

test("a look takes over a newer token also in a process that could not store its own", async () => {
  const fleet = createFleet();
  const { clock, store, start } = fleet;
  store.treat(refuse(), "set");
  const one = await startWithToken(fleet);
  store.heal();
  await clock.advance(minute);
  const newer = await start().invoices.getToken();
  await clock.advance(0);
  one.invoices.peekToken();
  await clock.advance(0);
  expect(one.invoices.peekToken()?.accessToken).toBe(newer.accessToken);
});
