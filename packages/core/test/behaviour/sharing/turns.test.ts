import { describe, expect, test, vi } from "vitest";
import { atOnce, failureOf } from "../../support/calls.ts";
import { createFleet, startWithToken, story, usable, type Process } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { refuse } from "../../support/scripted-store.ts";
import { letTimePass, watch } from "../../support/time.ts";

// Chance is no part of these promises: renewal falls due at its earliest, pauses are at their shortest.
pinRandom(0);

const due = usable * 0.8;
const accessTokens = (calls: readonly { accessToken: string }[]): Set<string> =>
  new Set(calls.map(({ accessToken }) => accessToken));

describe("one token request for a whole fleet", () => {
  test("cold: 8 processes with 10 callers each", async () => {
    const { start, server, clock, store } = createFleet();
    const fleet = Array.from({ length: 8 }, () => start());
    const calls = Promise.all(fleet.map(({ invoices }) => atOnce(10, () => invoices.getToken())));
    const { result } = await letTimePass(clock, calls, 25);

    expect(result.status === "fulfilled" && accessTokens(result.value.flat())).toEqual(
      new Set(server.issued),
    );
    expect(server.requests).toHaveLength(1);
    expect(store.isLeased()).toBe(false);
  });

  test("cold, and the token endpoint takes its time: the others have the token soon after the first has", async () => {
    const { start, server, clock, holdNextToken } = createFleet();
    const letGo = holdNextToken();
    const calls = atOnce(8, () => start().invoices.getToken());
    await clock.advance(5000);
    letGo();
    const { took } = await letTimePass(clock, calls, 10);
    expect(took).toBeLessThanOrEqual(150);
    expect(server.requests).toHaveLength(1);
  });

  test("renewal: whoever comes first renews for all, and nobody waits", async () => {
    const fleet = createFleet();
    const { server, clock } = fleet;
    const processes: Process[] = [];
    for (let count = 0; count < 5; count++) processes.push(await startWithToken(fleet));
    await clock.advance(due);
    const old = processes.map(({ invoices }) => invoices.peekToken());
    expect(old.every((token) => token?.accessToken === server.issued[0])).toBe(true);
    await clock.advance(1000);
    const renewed = processes.map(({ invoices }) => invoices.peekToken()?.accessToken);
    expect(new Set(renewed)).toEqual(new Set([server.issued[1]]));
    expect(server.requests).toHaveLength(2);
    expect(processes.flatMap(story).filter((line) => line.includes("renewal"))).toEqual([
      "token-obtained token-endpoint renewal",
      ...Array.from({ length: 4 }, () => "token-obtained shared-cache renewal"),
    ]);
  });

  test("rejection: whoever is told first replaces the token, the others take over what is there", async () => {
    const fleet = createFleet();
    const { server, clock } = fleet;
    const processes = [];
    for (let count = 0; count < 5; count++) processes.push(await startWithToken(fleet));
    const calls = processes.map(({ invoices, token }) => invoices.rejectToken(token));
    const { result } = await letTimePass(clock, Promise.all(calls), 25);

    expect(result.status === "fulfilled" && accessTokens(result.value)).toEqual(new Set([server.issued[1]]));
    expect(server.requests).toHaveLength(2);
  });

  test("rejection while another process renews: what that brings is taken over", async () => {
    const fleet = createFleet();
    const { server, clock, holdNextToken } = fleet;
    const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
    await clock.advance(due);
    const letGo = holdNextToken();
    other.invoices.peekToken();
    await clock.advance(0);
    const replaced = watch(one.invoices.rejectToken(one.token));
    await clock.advance(5000);
    expect(replaced.settled()).toBe(false);
    letGo();
    await clock.advance(200);
    expect((await replaced.work).accessToken).toBe("let-go");
    expect(server.requests).toHaveLength(2);
  });

  test("an API that answers 401 to everything: three requests in ten seconds", async () => {
    const fleet = createFleet();
    const { server, clock } = fleet;
    const processes: Process[] = [];
    for (let count = 0; count < 4; count++) processes.push(await startWithToken(fleet));
    for (let time = 0; time < 9900; time += 300) {
      const calls = processes.map(async ({ invoices }) => invoices.rejectToken(await invoices.getToken()));
      await letTimePass(clock, Promise.all(calls), 50);
    }
    expect(server.requests.length).toBeLessThanOrEqual(3);
  });
});

describe("whoever has the lease", () => {
  test("looks again before it asks: another process may have finished just before", async () => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    const held = store.hold("lease");
    const slow = watch(start().invoices.getToken());
    await clock.advance(0);
    expect(held.reached()).toBe(true);
    const quick = await startWithToken(fleet);
    held.letGo();
    await clock.advance(0);
    expect((await slow.work).accessToken).toBe(quick.token.accessToken);
    expect(server.requests).toHaveLength(1);
    expect(store.isLeased()).toBe(false);
  });

  test("keeps it until the token is stored", async () => {
    const { start, clock, store } = createFleet();
    const held = store.hold("set");
    const call = watch(start().invoices.getToken());
    await clock.advance(0);
    expect([held.reached(), call.settled(), store.isLeased()]).toEqual([true, true, true]);
    held.letGo();
    await clock.advance(0);
    expect([store.isLeased(), store.entry()?.kind]).toEqual([false, "token"]);
  });

  test("gives it back when the token could not be stored, and uses the token", async () => {
    const { start, clock, store } = createFleet();
    store.treat(refuse(), "set");
    const one = start();
    const token = await one.invoices.getToken();
    await clock.advance(0);
    expect(store.isLeased()).toBe(false);
    expect(one.invoices.peekToken()).toBe(token);
    expect(story(one)).toEqual(["token-obtained token-endpoint cold", "cache-failed set"]);
  });

  test("gives it back when its request is refused, and tells nobody: the credential may be its own", async () => {
    const { start, server, clock, store } = createFleet();
    server.answerNext(() => Response.json({ error: "invalid_client" }, { status: 401 }));
    expect(await failureOf(start().invoices.getToken())).toMatchObject({ code: "ERR_TOKEN_REFUSED" });
    await clock.advance(0);
    expect([store.isLeased(), store.marker()]).toEqual([false, undefined]);
    expect((await start().invoices.getToken()).accessToken).toBe(server.issued[0]);
  });
});

describe("whoever has to wait", () => {
  test("in the background, looks again after a tenth to a third of the usable time that is left", async () => {
    const fleet = createFleet();
    const { server, clock, store } = fleet;
    server.answerNext(() => Response.json({ access_token: "short", expires_in: 8 }));
    const one = await startWithToken(fleet);
    store.leases.set(store.key(), { until: Infinity });
    // Usable for 4 s, due at 3.2 s.
    await clock.advance(3200);
    store.calls.length = 0;
    one.invoices.peekToken();
    await clock.advance(79);
    expect(store.calls.filter((call) => call === "lease")).toHaveLength(1);
    await clock.advance(1);
    expect(store.calls.filter((call) => call === "lease")).toHaveLength(2);
  });

  test("never pauses for less than no time: timers ring early, and the clock goes on while it is read", async () => {
    const fleet = createFleet();
    const { clock, store } = fleet;
    const delays: number[] = [];
    let read = 0;
    const one = await startWithToken(fleet, {
      manager: {
        clock: {
          ...clock,
          monotonic: () => clock.monotonic() + 0.3 * read++,
          setTimeout(ring, delay) {
            delays.push(delay);
            return clock.setTimeout(ring, delay - 1);
          },
        },
      },
    });
    store.leases.set(store.key(), { until: Infinity });
    await clock.advance(due);
    one.invoices.peekToken();
    await clock.advance(5000);
    expect(delays.length).toBeGreaterThan(10);
    expect(Math.min(...delays)).toBeGreaterThan(0);
  });

  test("stays with the old token while it is usable, and for a moment longer", async () => {
    const fleet = createFleet();
    const { server, clock, store } = fleet;
    const one = await startWithToken(fleet);
    store.leases.set(store.key(), { until: Infinity });
    await clock.advance(usable);
    const { result, took } = await letTimePass(clock, one.invoices.getToken(), 50);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: server.issued[0] } });
    expect(took).toBe(2000);
  });
});

test("a renewal does not take over a token that is due itself", async () => {
  const fleet = createFleet();
  const { server, clock } = fleet;
  const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
  await clock.advance(1000);
  await other.invoices.getToken({ forceRenewal: true });
  await clock.advance(due);
  one.invoices.peekToken();
  await clock.advance(0);
  expect(one.invoices.peekToken()?.accessToken).toBe(server.issued[2]);
  expect(server.requests).toHaveLength(3);
});

describe("after a rejection the shared token is taken over only", () => {
  test("if it is usable", async () => {
    const fleet = createFleet();
    const { server, clock, start } = fleet;
    const one = await startWithToken(fleet);
    await clock.advance(usable - 1000);
    const short = Response.json({ access_token: "short", expires_in: 120 });
    server.answerNext(() => short);
    await start().invoices.getToken({ forceRenewal: true });
    await clock.advance(60_000);
    const { result } = await letTimePass(clock, one.invoices.rejectToken(one.token), 25);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: server.issued[1] } });
  });

  test("if it is another one", async () => {
    const fleet = createFleet();
    const { server, clock } = fleet;
    const one = await startWithToken(fleet);
    const { result } = await letTimePass(clock, one.invoices.rejectToken(one.token), 25);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: server.issued[1] } });
  });

  test("if it is not older", async () => {
    const fleet = createFleet();
    const { server, clock, store } = fleet;
    const older = await startWithToken(fleet);
    const [[key, entry] = ["", undefined]] = store.entries;
    await clock.advance(60_000);
    const newer = await older.invoices.getToken({ forceRenewal: true });
    await clock.advance(0);
    if (entry !== undefined) store.entries.set(key, entry);
    const { result } = await letTimePass(clock, older.invoices.rejectToken(newer), 25);
    expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: server.issued[2] } });
  });
});

test("a rejected token is replaced once for a fleet, also where the new one lives shorter", async () => {
  const fleet = createFleet();
  const { clock, server } = fleet;
  const processes = [
    await startWithToken(fleet),
    await startWithToken(fleet),
    await startWithToken(fleet),
    await startWithToken(fleet),
  ];
  await clock.advance(60_000);
  server.answerAlways(() => Response.json({ access_token: crypto.randomUUID(), expires_in: 600 }));
  const repairs = processes.map(({ invoices, token }) => invoices.rejectToken(token));
  const { result } = await letTimePass(clock, Promise.all(repairs), 25);
  expect(result.status).toBe("fulfilled");
  expect(server.requests).toHaveLength(2);
});

test("a 401 while a renewal waits in the background is repaired as soon as the other process has shared", async () => {
  const fleet = createFleet();
  const { clock, holdNextToken } = fleet;
  vi.spyOn(Math, "random").mockReturnValue(0.99);
  const [one, other] = [await startWithToken(fleet), await startWithToken(fleet)];
  await clock.advance(3_440_000);
  const letGo = holdNextToken();
  one.invoices.peekToken();
  await clock.advance(0);
  other.invoices.peekToken();
  await clock.advance(10);
  const repair = other.invoices.rejectToken(other.token);
  letGo();
  const { took } = await letTimePass(clock, repair, 10);
  expect(took).toBeLessThanOrEqual(150);
});
