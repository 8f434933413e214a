import { describe, expect, test } from "vitest";
import { failureOf } from "../../support/calls.ts";
import { createFleet, deleteElsewhere, startAsking, startWithToken, usable } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { everything, hang } from "../../support/scripted-store.ts";
import { letTimePass, watch } from "../../support/time.ts";

pinRandom(0);

const forceRenewal = true;

describe("a forced call", () => {
  test("asks at once, whoever has the lease", async () => {
    const fleet = createFleet();
    const { start, clock, server } = fleet;
    await startAsking(fleet);
    const { took } = await letTimePass(clock, start().invoices.getToken({ forceRenewal }), 10);
    expect(took).toBe(0);
    expect(server.requests).toHaveLength(2);
  });

  test("gets a token of its own, also if the clock of whoever asked before it is ahead", async () => {
    const fleet = createFleet();
    const { start, clock, holdNextToken } = fleet;
    await startWithToken(fleet, { skew: 120_000 });
    const { invoices } = start();
    await invoices.getToken();
    const letGo = holdNextToken();
    const call = invoices.getToken({ forceRenewal });
    await clock.advance(100);
    letGo();
    expect((await call).accessToken).toBe("let-go");
  });

  test("takes along callers that wait for another process's token", async () => {
    const fleet = createFleet();
    const { start, clock, server } = fleet;
    await startAsking(fleet);
    const { invoices } = start();
    const waiting = watch(invoices.getToken());
    await clock.advance(2000);
    expect(waiting.settled()).toBe(false);
    const { result, took } = await letTimePass(clock, invoices.getToken({ forceRenewal }), 10);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: server.issued[0] } });
    expect(took).toBeLessThanOrEqual(160);
    expect((await waiting.work).accessToken).toBe(server.issued[0]);
  });

  test("does not take what was found while it joined", async () => {
    const fleet = createFleet();
    const { start, clock, store, server } = fleet;
    await startWithToken(fleet);
    const held = store.hold("get", "done");
    const { invoices } = start();
    const ordinary = invoices.getToken();
    await clock.advance(0);
    const forced = invoices.getToken({ forceRenewal });
    held.letGo();
    const { result } = await letTimePass(clock, Promise.all([ordinary, forced]), 10);
    expect(result).toMatchObject({
      status: "fulfilled",
      value: [{ accessToken: server.issued[1] }, { accessToken: server.issued[1] }],
    });
  });

  test("joins a renewal that has the lease: one request for both", async () => {
    const fleet = createFleet();
    const { clock, server, holdNextToken, store } = fleet;
    const one = await startWithToken(fleet);
    await clock.advance(usable - 1000);
    const letGo = holdNextToken();
    one.invoices.peekToken();
    await clock.advance(0);
    const forced = one.invoices.getToken({ forceRenewal });
    letGo();
    expect((await forced).accessToken).toBe("let-go");
    await clock.advance(0);
    expect(server.requests).toHaveLength(2);
    expect(store.isLeased()).toBe(false);
  });

  test("by ten callers is one request", async () => {
    const { start, server } = createFleet();
    const { invoices } = start();
    await Promise.all(Array.from({ length: 10 }, () => invoices.getToken({ forceRenewal })));
    expect(server.requests).toHaveLength(1);
  });

  test("while the token is being stored begins anew", async () => {
    const { start, clock, server, store } = createFleet();
    const held = store.hold("set");
    const { invoices } = start();
    await invoices.getToken();
    expect(held.reached()).toBe(true);
    const forced = watch(invoices.getToken({ forceRenewal }));
    held.letGo();
    await clock.advance(0);
    expect((await forced.work).accessToken).toBe(server.issued[1]);
    await clock.advance(0);
    expect(store.entry()).toMatchObject({ accessToken: server.issued[1] });
    expect(store.isLeased()).toBe(false);
  });

  test("shares what it brings: the others take it over when they look", async () => {
    const fleet = createFleet();
    const { clock, server } = fleet;
    const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
    await clock.advance(1000);
    const { accessToken } = await one.invoices.getToken({ forceRenewal });
    await clock.advance(60_000);
    other.invoices.peekToken();
    await clock.advance(0);
    expect(other.invoices.peekToken()?.accessToken).toBe(accessToken);
    expect(server.requests).toHaveLength(2);
  });

  test("over a store that hangs does not wait for more than one look", async () => {
    const { start, clock, store } = createFleet();
    store.treat(hang, ...everything);
    const { took, result } = await letTimePass(clock, start().invoices.getToken({ forceRenewal }), 10);
    expect(result.status).toBe("fulfilled");
    expect(took).toBeLessThanOrEqual(250);
  });

  test("after a deletion elsewhere gets a token from after it", async () => {
    const fleet = createFleet();
    const { start, server } = fleet;
    const one = await startWithToken(fleet);
    await start().tokens.deleteToken("invoices");
    const { accessToken } = await one.invoices.getToken({ forceRenewal });
    expect(server.issued.slice(1)).toContain(accessToken);
    expect(one.invoices.peekToken()?.accessToken).toBe(accessToken);
  });

  test("that is left alone leaves nothing behind", async () => {
    const { start, clock, store, holdNextToken } = createFleet();
    holdNextToken();
    const controller = new AbortController();
    const leaving = failureOf(start().invoices.getToken({ forceRenewal, signal: controller.signal }));
    await clock.advance(0);
    controller.abort();
    await leaving;
    await clock.advance(0);
    expect([store.isLeased(), store.marker(), store.entry()]).toEqual([false, undefined, undefined]);
  });
});

test("a forced call after a deletion that this process has not heard of is one token request", async () => {
  const fleet = createFleet();
  const { clock, server } = fleet;
  const { invoices } = await startWithToken(fleet);
  await deleteElsewhere(fleet);
  await clock.advance(1000);
  await invoices.getToken({ forceRenewal });
  expect(server.requests).toHaveLength(2);
});
