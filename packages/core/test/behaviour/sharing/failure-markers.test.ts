import { describe, expect, test, vi } from "vitest";
import { isTokenError, type ClientOptions, type Fetch } from "@client-token/core";
import { failureOf } from "../../support/calls.ts";
import { createFleet, failureNow, startWithToken, story, usable } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { letTimePass, watch } from "../../support/time.ts";

// Pauses are at their shortest: the three tries of one token request take no time.
pinRandom(0);

const unavailable = (): Response => new Response(null, { status: 503 });
const limited = (retryAfter: string): Response =>
  new Response(null, { status: 429, headers: { "retry-after": retryAfter } });
/** What `httpClient` of a process is that cannot reach the server, and how often it tried. */
function cutOff(): { client: Partial<ClientOptions>; tries: () => number } {
  const httpClient = vi.fn<Fetch>().mockRejectedValue(new TypeError("fetch failed"));
  return { client: { httpClient }, tries: () => httpClient.mock.calls.length };
}

describe("an answer of 429 or 5xx", () => {
  test("is told to all: callers of other processes get it at once, and the server is left alone", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    server.answerAlways(unavailable);
    await failureNow(fleet, start().invoices.getToken());
    await clock.advance(0);
    const tries = server.requests.length;
    const other = start();
    const call = watch(failureOf(other.invoices.getToken()));
    await clock.advance(0);
    expect(call.settled()).toBe(true);
    expect(await call.work).toMatchObject({
      code: "ERR_TOKEN_ENDPOINT_STATUS",
      status: 503,
      client: "invoices",
      retryAt: clock.now() + 500,
    });
    expect(server.requests).toHaveLength(tries);
    expect(story(other)).toEqual(["token-failed"]);
  });

  test("rests 0.5 s, doubling to 5 s, for the whole fleet", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    server.answerAlways(unavailable);
    const processes = [start(), start(), start()];
    const asked: number[] = [];
    let seen = 0;
    for (let time = 0; time < 20_000; time += 50) {
      for (const { invoices } of processes) invoices.getToken().catch(() => {});
      await clock.advance(50);
      if (server.requests.length > seen) asked.push(time);
      // Three tries each.
      expect(server.requests.length - seen).toBeLessThanOrEqual(3);
      seen = server.requests.length;
    }
    const pauses = asked.slice(1).map((time, index) => time - (asked[index] ?? 0));
    for (const [index, least] of [500, 1000, 2000, 4000].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least - 50);
      expect(pauses[index]).toBeLessThanOrEqual(least + 150);
    }
    expect(Math.max(...pauses)).toBeLessThanOrEqual(5150);
  });

  test("is over for all soon after the server has recovered", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    server.answerAlways(unavailable);
    const processes = [start(), start(), start()];
    for (let time = 0; time < 5000; time += 50) {
      for (const { invoices } of processes) invoices.getToken().catch(() => {});
      await clock.advance(50);
    }
    server.answerAlways(undefined);
    const before = server.requests.length;
    let served = 0;
    for (let time = 0; time < 5500 && served < 3; time += 50) {
      for (const { invoices } of processes) invoices.getToken().catch(() => {});
      await clock.advance(50);
      served = processes.filter(({ invoices }) => invoices.peekToken() !== undefined).length;
    }
    expect(served).toBe(3);
    expect(server.requests).toHaveLength(before + 1);
  });

  test.each([
    ["5", 5000],
    ["120", 30_000],
    ["0", 500],
  ])("with Retry-After: %s rests %d ms", async (retryAfter, period) => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    server.answerAlways(() => limited(retryAfter));
    await failureNow(fleet, start({ client: { timeout: 4000 } }).invoices.getToken());
    await clock.advance(0);
    expect(store.marker()).toMatchObject({ period, status: 429 });
    const tries = server.requests.length;
    await clock.advance(period - 1);
    expect(await failureNow(fleet, start().invoices.getToken())).toMatchObject({ status: 429 });
    expect(server.requests).toHaveLength(tries);
    server.answerAlways(undefined);
    await clock.advance(1);
    await start().invoices.getToken();
    expect(server.requests).toHaveLength(tries + 1);
  });

  test("after a token is the first of a new row", async () => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    const { invoices } = start();
    server.answerAlways(unavailable);
    await failureNow(fleet, invoices.getToken());
    await clock.advance(500);
    server.answerAlways(undefined);
    await invoices.getToken();
    server.answerAlways(unavailable);
    await failureNow(fleet, invoices.getToken({ forceRenewal: true }));
    await clock.advance(0);
    expect(store.marker()).toMatchObject({ count: 1, period: 500 });
  });

  test("is told before the lease is given back", async () => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    server.answerAlways(unavailable);
    const held = store.hold("set-failure");
    await failureNow(fleet, start().invoices.getToken());
    expect([held.reached(), store.isLeased()]).toEqual([true, true]);
    held.letGo();
    await clock.advance(0);
    expect([store.marker()?.kind, store.isLeased()]).toEqual(["failure", false]);
  });

  test("is told without a word that could be a secret", async () => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    server.answerAlways(() =>
      Response.json({ error: "slow_down", error_description: "s3cret of invoices-app" }, { status: 429 }),
    );
    await failureNow(fleet, start().invoices.getToken());
    await clock.advance(0);
    expect(store.marker()).toMatchObject({ kind: "failure", status: 429, error: "slow_down" });
    expect(JSON.stringify(store.marker())).not.toMatch(/s3cret|invoices-app|description/);
  });

  test.each(["Too Many Requests", "rate limit exceeded!", "é".repeat(10), "x".repeat(200)])(
    "is told whatever the server calls it: %s",
    async (error) => {
      const fleet = createFleet();
      const { start, server, clock } = fleet;
      server.answerAlways(() => Response.json({ error }, { status: 429 }));
      await failureNow(fleet, start().invoices.getToken());
      await clock.advance(0);
      const tries = server.requests.length;
      expect(await failureNow(fleet, start().invoices.getToken())).toMatchObject({ status: 429 });
      expect(server.requests).toHaveLength(tries);
    },
  );

  test("rests also where it could not be told", async () => {
    const fleet = createFleet();
    const { start, server, store } = fleet;
    store.treat(async () => {
      throw new Error("READONLY");
    }, "set-failure");
    server.answerAlways(unavailable);
    const { invoices } = start();
    const error = await failureNow(fleet, invoices.getToken());
    expect(await failureNow(fleet, invoices.getToken())).toBe(error);
    expect(server.requests).toHaveLength(3);
  });

  test("does not outlive a token: whoever finds one there is served", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    server.answerAlways(unavailable);
    await failureNow(fleet, start().invoices.getToken());
    await clock.advance(0);
    server.answerAlways(undefined);
    const { accessToken } = await start().invoices.getToken({ forceRenewal: true });
    await clock.advance(0);
    expect((await start().invoices.getToken()).accessToken).toBe(accessToken);
  });

  test("is no trouble for those who have an old token", async () => {
    const fleet = createFleet();
    const { server, clock } = fleet;
    const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
    await clock.advance(usable);
    server.answerAlways(unavailable);
    for (const { invoices, token } of [one, other]) {
      const { result } = await letTimePass(clock, invoices.getToken(), 50);
      expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: token.accessToken } });
    }
    expect(server.requests.length - 1).toBeLessThanOrEqual(3);
  });
});

describe("a refused credential", () => {
  test.each([400, 401, 403])("is nobody else's business: %d", async (status) => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    server.answerNext(() => Response.json({ error: "invalid_client" }, { status }));
    await failureNow(fleet, start().invoices.getToken());
    await clock.advance(0);
    expect(store.marker()).toBeUndefined();
    expect((await start().invoices.getToken()).accessToken).toBe(server.issued[0]);
  });

  test("of one process in a fleet keeps nobody waiting", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    const httpClient = async (): Promise<Response> =>
      Response.json({ error: "invalid_client" }, { status: 401 });
    const wrong = watch(failureOf(start({ client: { httpClient } }).invoices.getToken()));
    const others = Array.from({ length: 5 }, () => start().invoices.getToken());
    const { result, took } = await letTimePass(clock, Promise.all(others), 25);
    expect(result.status).toBe("fulfilled");
    expect(took).toBeLessThanOrEqual(300);
    expect(server.requests).toHaveLength(1);
    expect(wrong.settled()).toBe(true);
  });
});

describe("no answer at all", () => {
  test("of one process: the others let a moment pass, and one of them asks", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    const { client, tries } = cutOff();
    const alone = failureOf(start({ client }).invoices.getToken());
    await clock.advance(0);
    const others = Array.from({ length: 5 }, () => start().invoices.getToken());
    const { result, took } = await letTimePass(clock, Promise.all(others), 25);
    expect(result.status).toBe("fulfilled");
    expect(took).toBeLessThanOrEqual(1000);
    expect(server.requests).toHaveLength(1);
    expect(await alone).toMatchObject({ code: "ERR_TOKEN_REQUEST_UNREACHABLE" });
    expect(tries()).toBeLessThanOrEqual(3);
  });

  test("then that process leaves the lease to the others, for longer than they wait", async () => {
    const fleet = createFleet();
    const { start, clock, store } = fleet;
    const { client, tries } = cutOff();
    const { invoices } = start({ client });
    const error = await failureNow(fleet, invoices.getToken());
    await clock.advance(0);
    const rest = (isTokenError(error) ? (error.retryAt ?? 0) : 0) - clock.now();
    expect(store.marker()).toMatchObject({ status: null, period: 500 });
    expect(rest).toBeGreaterThanOrEqual(500 + 500);
    const before = tries();
    await clock.advance(rest - 1);
    expect(await failureNow(fleet, invoices.getToken())).toBe(error);
    expect(tries()).toBe(before);
    await clock.advance(1);
    await failureNow(fleet, invoices.getToken());
    expect(tries()).toBeGreaterThan(before);
  });

  test("also when it ran out of time: until retryAt it leaves the lease to the others", async () => {
    const fleet = createFleet();
    const { start, clock, store } = fleet;
    const httpClient = vi.fn<Fetch>(
      (_, init) =>
        new Promise<Response>((_resolve, reject) =>
          init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))),
        ),
    );
    const { invoices } = start({ client: { httpClient } });
    const error = await failureNow(fleet, invoices.getToken());
    await clock.advance(0);
    const rest = (isTokenError(error) ? (error.retryAt ?? 0) : 0) - clock.now();
    expect(error).toMatchObject({ code: "ERR_TOKEN_REQUEST_TIMEOUT" });
    expect(store.marker()).toMatchObject({ status: null, period: 500 });
    expect(rest).toBeGreaterThanOrEqual(500 + 500);
    await clock.advance(rest - 1);
    invoices.getToken().catch(() => {});
    await clock.advance(0);
    expect(httpClient).toHaveBeenCalledTimes(1);
  });

  test("of two processes in a row is certain: callers of the others learn it at once", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    await failureNow(fleet, start({ client: cutOff().client }).invoices.getToken());
    await failureNow(fleet, start({ client: cutOff().client }).invoices.getToken());
    await clock.advance(0);
    expect(await failureNow(fleet, start().invoices.getToken())).toMatchObject({
      code: "ERR_TOKEN_REQUEST_UNREACHABLE",
    });
    expect(server.requests).toHaveLength(0);
  });

  test("twice of the same process is no more certain than once", async () => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    const { invoices } = start({ client: cutOff().client });
    await failureNow(fleet, invoices.getToken());
    await clock.advance(2000);
    await failureNow(fleet, invoices.getToken());
    await clock.advance(0);
    expect(store.marker()).toMatchObject({ count: 2, confirmed: false });
    const { result } = await letTimePass(clock, start().invoices.getToken(), 50);
    expect(result.status).toBe("fulfilled");
    expect(server.requests).toHaveLength(1);
  });

  test("of two processes with a success between them is not certain", async () => {
    const fleet = createFleet();
    const { start, clock, store } = fleet;
    const one = start({ client: cutOff().client });
    const { client } = cutOff();
    const other = start({ client });
    one.invoices.getToken().catch(() => {});
    await clock.advance(0);
    // It waits, and hears of the failure.
    const waiting = other.invoices.getToken();
    await clock.advance(100);
    await start().invoices.getToken({ forceRenewal: true });
    const { result } = await letTimePass(clock, waiting, 50);
    expect(result.status).toBe("fulfilled");
    await clock.advance(5000);
    if (result.status === "fulfilled") {
      await letTimePass(clock, other.invoices.rejectToken(result.value), 50);
    }
    await clock.advance(0);
    expect(store.marker()).toMatchObject({ confirmed: false, count: 1 });
    // From then on there is a row again.
    await clock.advance(10_000);
    await letTimePass(
      clock,
      other.invoices.getToken({ forceRenewal: true }).catch(() => {}),
      50,
    );
    await clock.advance(0);
    expect(store.marker()).toMatchObject({ confirmed: false, count: 2 });
  });

  test("a while ago has nothing to do with one now", async () => {
    const fleet = createFleet();
    const { start, clock, store } = fleet;
    const [one, other] = [start({ client: cutOff().client }), start({ client: cutOff().client })];
    await failureNow(fleet, one.invoices.getToken());
    await failureNow(fleet, other.invoices.getToken());
    await clock.advance(40_000);
    await failureNow(fleet, other.invoices.getToken());
    await clock.advance(0);
    expect(store.marker()).toMatchObject({ confirmed: false, count: 1 });
  });
});

describe("callers that leave", () => {
  test("leave no marker: nothing has failed", async () => {
    const { start, clock, store, holdNextToken } = createFleet();
    holdNextToken();
    const controller = new AbortController();
    const leaving = failureOf(start().invoices.getToken({ signal: controller.signal }));
    await clock.advance(1000);
    controller.abort();
    await leaving;
    await clock.advance(0);
    expect([store.marker(), store.isLeased()]).toEqual([undefined, false]);
  });
});

test("a marker that came while a process waited for the lease counts: it does not ask", async () => {
  const { start, clock, store, server, holdNextToken } = createFleet();
  const letGo = holdNextToken();
  const asking = failureOf(start({ client: { timeout: 400 } }).invoices.getToken());
  await clock.advance(0);
  const held = store.hold("lease");
  const waiting = failureOf(start().invoices.getToken());
  await clock.advance(0);
  expect(held.reached()).toBe(true);
  letGo(new Response(null, { status: 429, headers: { "retry-after": "9" } }));
  const { result } = await letTimePass(clock, asking, 10);
  expect(result).toMatchObject({ value: { status: 429 } });
  await clock.advance(0);
  const asked = server.requests.length;
  held.letGo();
  await clock.advance(0);
  expect(await waiting).toMatchObject({ status: 429 });
  expect(server.requests).toHaveLength(asked);
  expect(store.isLeased()).toBe(false);
});

test("a process keeps its lease until its marker is written", async () => {
  const { start, clock, store, server } = createFleet();
  server.answerAlways(() => new Response(null, { status: 429, headers: { "retry-after": "9" } }));
  const held = store.hold("set-failure");
  const { result } = await letTimePass(
    clock,
    failureOf(start({ client: { timeout: 400 } }).invoices.getToken()),
    50,
  );
  expect(result).toMatchObject({ value: { status: 429 } });
  await clock.advance(0);
  expect([held.reached(), store.isLeased()]).toEqual([true, true]);
  held.letGo();
  await clock.advance(0);
  expect(store.isLeased()).toBe(false);
});
