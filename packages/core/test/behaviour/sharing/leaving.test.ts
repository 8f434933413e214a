import { describe, expect, test, vi } from "vitest";
import type { Fetch } from "@client-token/core";
import { failureOf } from "../../support/calls.ts";
import { createFleet, startAsking, startWithToken, story, usable, type Fleet } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { hang, type StoreCall, type Treatment } from "../../support/scripted-store.ts";
import { letTimePass, watch } from "../../support/time.ts";

pinRandom(0);

/** Each step takes a turn of the event loop, as over a network. */
const slowly: Treatment = async (work) => {
  await new Promise((resolve) => setImmediate(resolve));
  return work();
};

const steps: readonly [step: string, call: StoreCall, nth: number, how: "done" | "not-done"][] = [
  ["it looks", "get", 1, "not-done"],
  ["it asks for the lease", "lease", 1, "not-done"],
  ["it is given the lease", "lease", 1, "done"],
  ["it looks again", "get", 2, "not-done"],
];

/** A process whose only caller leaves while a call of the store is held. */
async function leaveDuring({ start, clock, store }: Fleet, ...call: Parameters<Fleet["store"]["hold"]>) {
  const held = store.hold(...call);
  const process = start();
  const controller = new AbortController();
  const leaving = failureOf(process.invoices.getToken({ signal: controller.signal }));
  await clock.advance(0);
  expect(held.reached()).toBe(true);
  controller.abort();
  await leaving;
  return { process, letGo: held.letGo };
}

describe("callers who all leave while their process waits for the store", () => {
  test.each(steps)("when %s: no lease, no marker and no token request is left", async (_, call, nth, how) => {
    const fleet = createFleet();
    const { clock, store, server } = fleet;
    const { process, letGo } = await leaveDuring(fleet, call, how, nth);
    letGo();
    await clock.advance(5000);
    expect(server.requests).toHaveLength(0);
    expect([store.isLeased(), store.marker(), store.entry()]).toEqual([false, undefined, undefined]);
    expect(story(process)).toEqual([]);
  });

  test("when the store hangs: no token request is begun for nobody", async () => {
    const { start, clock, store } = createFleet();
    store.treat(hang, "lease");
    const httpClient = vi.fn<Fetch>().mockResolvedValue(Response.json({ access_token: "t", expires_in: 60 }));
    const clientSecret = vi.fn<() => string>(() => "s3cret");
    const controller = new AbortController();
    const { invoices } = start({ client: { httpClient, clientSecret } });
    const leaving = failureOf(invoices.getToken({ signal: controller.signal }));
    await clock.advance(100);
    controller.abort();
    await leaving;
    await clock.advance(5000);
    expect(clientSecret).not.toHaveBeenCalled();
    expect(httpClient).not.toHaveBeenCalled();
  });

  test("when another process has the lease: nobody looks any more", async () => {
    const fleet = createFleet();
    const { start, clock, store } = fleet;
    await startAsking(fleet);
    const controller = new AbortController();
    const leaving = failureOf(start().invoices.getToken({ signal: controller.signal }));
    await clock.advance(1000);
    controller.abort();
    await leaving;
    await clock.advance(200);
    store.calls.length = 0;
    await clock.advance(2000);
    expect(store.calls).toEqual([]);
  });
});

describe("callers who all leave while their process asks", () => {
  test("leave neither a lease nor a marker: the next process asks at once", async () => {
    const { start, clock, store, holdNextToken, server } = createFleet();
    holdNextToken();
    const controller = new AbortController();
    const leaving = failureOf(start().invoices.getToken({ signal: controller.signal }));
    await clock.advance(2000);
    controller.abort();
    await leaving;
    await clock.advance(0);
    expect([store.isLeased(), store.marker()]).toEqual([false, undefined]);
    expect((await start().invoices.getToken()).accessToken).toBe(server.issued[0]);
  });

  test("leave no lease where nothing stops the request either", async () => {
    const { start, clock, store } = createFleet();
    const httpClient: Fetch = () => new Promise<Response>(() => {});
    const controller = new AbortController();
    const call = start({ client: { httpClient } }).invoices.getToken({ signal: controller.signal });
    await clock.advance(1000);
    controller.abort();
    await failureOf(call);
    await clock.advance(0);
    expect(store.isLeased()).toBe(false);
  });

  test("one of two does not end the other's wait", async () => {
    const { start, clock, holdNextToken } = createFleet();
    const letGo = holdNextToken();
    const { invoices } = start();
    const controller = new AbortController();
    const leaving = failureOf(invoices.getToken({ signal: controller.signal }));
    const staying = invoices.getToken();
    await clock.advance(0);
    controller.abort();
    await leaving;
    letGo();
    expect((await staying).accessToken).toBe("let-go");
  });
});

describe("close()", () => {
  test.each([
    ["asks", "token"],
    ["writes", "set"],
    ["releases", "release"],
    ["looks once more", "get"],
  ] as const)("while it %s waits until the token is shared and the lease given back", async (_, at) => {
    const { start, clock, store, holdNextToken } = createFleet();
    const letGo = at === "token" ? holdNextToken() : () => {};
    const held = at === "token" ? undefined : store.hold(at, "not-done", at === "get" ? 3 : 1);
    const { tokens, invoices } = start();
    const call = invoices.getToken();
    await clock.advance(0);
    const closing = watch(tokens.close());
    await clock.advance(0);
    expect(closing.settled()).toBe(false);
    store.treat(slowly, "get", "set", "release");
    letGo();
    held?.letGo();
    await call;
    await closing.work;
    expect([store.entry()?.kind, store.isLeased()]).toEqual(["token", false]);
  });

  test("after a failure waits until the others are told and the lease is given back", async () => {
    const { start, clock, store, holdNextToken } = createFleet();
    const letGo = holdNextToken();
    const { tokens, invoices } = start({ client: { timeout: 400 } });
    const call = failureOf(invoices.getToken());
    await clock.advance(0);
    store.treat(slowly, "set-failure", "release");
    const closing = tokens.close();
    letGo(new Response(null, { status: 429, headers: { "retry-after": "9" } }));
    await call;
    await closing;
    expect([store.marker()?.kind, store.isLeased()]).toEqual(["failure", false]);
  });

  test("while callers wait for another process serves them to the end", async () => {
    const { start, clock, holdNextToken } = createFleet();
    const letGo = holdNextToken();
    const asking = start().invoices.getToken();
    await clock.advance(0);
    const { tokens, invoices } = start();
    const waiting = invoices.getToken();
    await clock.advance(1000);
    const closing = tokens.close();
    letGo();
    const { result } = await letTimePass(clock, Promise.all([waiting, closing, asking]), 25);
    expect(result).toMatchObject({ status: "fulfilled", value: [{ accessToken: "let-go" }, undefined, {}] });
  });

  test("ends after ten minutes though callers still wait, and does not fail", async () => {
    const { start, clock, store } = createFleet();
    const { tokens, invoices } = start({ client: { timeout: 600_000 } });
    store.treat(async () => undefined as never, "lease");
    invoices.getToken().catch(() => {});
    await clock.advance(0);
    const { result, took } = await letTimePass(clock, tokens.close(), 5000);
    expect([result, took]).toEqual([{ status: "fulfilled", value: undefined }, 600_000]);
  });

  test("while nobody waits ends the wait for another process", async () => {
    const fleet = createFleet();
    const { clock, holdNextToken, server } = fleet;
    const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
    await clock.advance(usable - 1000);
    holdNextToken();
    other.invoices.peekToken();
    await clock.advance(0);
    one.invoices.peekToken();
    await clock.advance(0);
    const { took } = await letTimePass(clock, one.tokens.close(), 50);
    expect(took).toBeLessThanOrEqual(1000);
    expect(server.requests).toHaveLength(2);
  });

  test("while a renewal in the background has the lease waits for its end, and gives it back", async () => {
    const fleet = createFleet();
    const { clock, holdNextToken, store } = fleet;
    const one = await startWithToken(fleet);
    await clock.advance(usable - 1000);
    const letGo = holdNextToken();
    one.invoices.peekToken();
    await clock.advance(0);
    const closing = watch(one.tokens.close());
    await clock.advance(3000);
    expect([closing.settled(), store.isLeased()]).toEqual([false, true]);
    letGo();
    await closing.work;
    expect(store.isLeased()).toBe(false);
  });

  test("while the store hangs ends all the same", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const one = await startWithToken(fleet);
    store.treat(hang, "get", "set", "lease", "release");
    await clock.advance(usable - 1000);
    one.invoices.peekToken();
    const { took } = await letTimePass(clock, one.tokens.close(), 50);
    expect(took).toBeLessThanOrEqual(1000);
  });

  test("is told a process that dies after it: nothing is left to release", async () => {
    const fleet = createFleet();
    const { store } = fleet;
    const one = await startWithToken(fleet);
    await one.tokens.close();
    store.calls.length = 0;
    await fleet.clock.advance(60_000);
    expect(store.calls).toEqual([]);
  });
});

describe("close() after all callers have left waits for the lease that is still to be given back", () => {
  test.each([
    ["it asks for the lease", "lease", "not-done", 1],
    ["it is given the lease", "lease", "done", 1],
    ["it looks again", "get", "not-done", 2],
  ] as const)("when %s", async (_, call, how, nth) => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const { process, letGo } = await leaveDuring(fleet, call, how, nth);
    const closing = watch(process.tokens.close());
    await clock.advance(10);
    expect(closing.settled()).toBe(false);
    letGo();
    await closing.work;
    expect(store.isLeased()).toBe(false);
  });
});

test("callers who all leave while their process looks once more: the token is neither kept, shared nor told of", async () => {
  const fleet = createFleet();
  const { clock, store } = fleet;
  const { process, letGo } = await leaveDuring(fleet, "get", "not-done", 3);
  letGo();
  await clock.advance(0);
  expect(process.invoices.peekToken()).toBeUndefined();
  expect([story(process), store.entry(), store.isLeased()]).toEqual([[], undefined, false]);
});
