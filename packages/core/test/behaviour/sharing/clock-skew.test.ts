import { describe, expect, test } from "vitest";
import type { AccessToken } from "@client-token/core";
import { createFleet, startWithToken, type Fleet, type Process } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { letTimePass } from "../../support/time.ts";

pinRandom(0.5);

const minute = 60_000;
const skews = [-2 * minute, 0, 2 * minute];

/** A server whose tokens live so long, and an API that knows it. */
function issueFor({ server, clock }: Fleet, seconds: number): { isGood: (token: AccessToken) => boolean } {
  const ends = new Map<string, number>();
  server.answerAlways(() => {
    const token = `token-${ends.size + 1}`;
    ends.set(token, clock.monotonic() + seconds * 1000);
    return Response.json({ access_token: token, expires_in: seconds });
  });
  return { isGood: ({ accessToken }) => clock.monotonic() < (ends.get(accessToken) ?? 0) };
}

/** What one process went through. */
interface Tally {
  repaired: number;
  failed: number;
}

/** Calls an API as an adapter does: a refused token is replaced, and the call repeated once. */
async function callApi(
  process: Process,
  isGood: (token: AccessToken) => boolean,
  tally: Tally,
): Promise<void> {
  const { invoices } = process;
  const token = await invoices.getToken();
  if (isGood(token)) return;
  tally.repaired++;
  if (!isGood(await invoices.rejectToken(token))) tally.failed++;
}

/** In which of 60 turns per lifetime a process is in use. */
const always = (): boolean => true;
const seldom = (turn: number): boolean => turn % 17 === 0;
const later = (turn: number): boolean => turn > 90;

describe.each([60, 3600])(
  "processes whose clocks are 2 minutes behind and ahead, tokens that live %d s",
  (seconds) => {
    const lifetime = seconds * 1000;
    const [lifetimes, turns] = [5, 60];

    test.each([
      ["all in use", [always, always, always]],
      ["the one ahead seldom", [always, always, seldom]],
      ["the one behind seldom", [seldom, always, always]],
      ["the one ahead alone at first", [later, later, always]],
    ])(
      "%s: no call fails, at most one 401 per process and lifetime, no endless renewal",
      async (_, isInUse) => {
        const fleet = createFleet();
        const { start, clock, server } = fleet;
        const { isGood } = issueFor(fleet, seconds);
        const processes = skews.map((skew, index) => ({
          ...start({ skew }),
          isInUse: isInUse[index] ?? always,
          tally: { repaired: 0, failed: 0 },
        }));
        for (let turn = 0; turn < lifetimes * turns; turn++) {
          const busy = processes.filter((one) => one.isInUse(turn));
          const calls = Promise.all(busy.map((one) => callApi(one, isGood, one.tally)));
          expect((await letTimePass(clock, calls, 10)).result.status).toBe("fulfilled");
          await clock.advance(lifetime / turns);
        }
        // A short life is usable for half, and due at 0.85 of that; an hour is renewed after 50 minutes.
        const renewals = Math.ceil(lifetimes / (seconds === 60 ? 0.4 : 0.8)) + 1;
        for (const { tally } of processes) {
          expect(tally.failed).toBe(0);
          expect(tally.repaired).toBeLessThanOrEqual(lifetimes);
        }
        expect(server.requests.length).toBeLessThanOrEqual(processes.length * renewals);
      },
    );

    test.each(skews)(
      "by a clock %d ms off a token's life left is never more than its lifetime",
      async (skew) => {
        const fleet = createFleet();
        const { start, clock } = fleet;
        const { isGood } = issueFor(fleet, seconds);
        await start({ skew: -skew }).invoices.getToken();
        const { invoices } = start({ skew });
        const token = await invoices.getToken();
        expect(isGood(token)).toBe(true);
        expect(token.expiresAt - (clock.now() + skew)).toBeLessThanOrEqual(lifetime);
        await clock.advance(lifetime + 1);
        expect(invoices.peekToken()).toBeUndefined();
      },
    );
  },
);

test("a token that looks younger than it is costs one 401, and no call", async () => {
  const fleet = createFleet();
  const { start, server, clock } = fleet;
  const { isGood } = issueFor(fleet, 60);
  await startWithToken(fleet, { skew: 2 * minute });
  await clock.advance(50_000);
  const one = start({ skew: -2 * minute });
  const tally = { repaired: 0, failed: 0 };
  for (let second = 0; second < 300; second++) {
    await letTimePass(clock, callApi(one, isGood, tally), 10);
    await clock.advance(1000);
  }
  expect(tally).toEqual({ repaired: 1, failed: 0 });
  // One each 24 to 30 s, as ever.
  expect(server.requests.length).toBeLessThanOrEqual(1 + 13);
});

test("a process that is ahead does not take an ended token for one, and asks once", async () => {
  const fleet = createFleet();
  const { start, server, clock } = fleet;
  const { isGood } = issueFor(fleet, 60);
  await startWithToken(fleet, { skew: -2 * minute });
  const { invoices } = start({ skew: 2 * minute });
  const { result } = await letTimePass(clock, invoices.getToken(), 10);
  expect(result.status === "fulfilled" && isGood(result.value)).toBe(true);
  expect(server.requests).toHaveLength(2);
});

test("an entry from a clock that is a year ahead lives as long as its token says", async () => {
  const fleet = createFleet();
  const { start, clock, server } = fleet;
  const { isGood } = issueFor(fleet, 3600);
  await startWithToken(fleet, { skew: 365 * 24 * 60 * minute });
  const one = start();
  const tally = { repaired: 0, failed: 0 };
  for (let turn = 0; turn < 180; turn++) {
    await letTimePass(clock, callApi(one, isGood, tally), 10);
    await clock.advance(minute);
  }
  expect(tally.failed).toBe(0);
  expect(tally.repaired).toBeLessThanOrEqual(1);
  expect(server.requests.length).toBeLessThanOrEqual(1 + 4);
});

test("a deletion is heard of whatever the clocks say", async () => {
  for (const skew of skews) {
    const fleet = createFleet();
    const { start, clock } = fleet;
    const one = await startWithToken(fleet, { skew });
    await start({ skew: -skew }).tokens.deleteToken("invoices");
    await clock.advance(minute);
    one.invoices.peekToken();
    await clock.advance(0);
    expect(one.invoices.peekToken()).toBeUndefined();
  }
});

test("a deletion is heard of also where the clock of whoever asks next is behind", async () => {
  const fleet = createFleet();
  const { start, clock } = fleet;
  const one = await startWithToken(fleet, { skew: 2 * minute });
  const behind = start({ skew: -2 * minute });
  await behind.tokens.deleteToken("invoices");
  await behind.invoices.getToken();
  await clock.advance(minute);
  one.invoices.peekToken();
  await clock.advance(0);
  expect(one.invoices.peekToken()?.accessToken).not.toBe(one.token.accessToken);
});

test("a marker keeps nobody waiting for longer than its period, whatever the clocks say", async () => {
  for (const skew of skews) {
    const fleet = createFleet();
    const { start, clock, server } = fleet;
    server.answerNext(() => new Response(null, { status: 429, headers: { "retry-after": "4" } }));
    const { invoices } = start({ skew: -skew, client: { timeout: 3000 } });
    await letTimePass(
      clock,
      invoices.getToken().catch(() => {}),
      50,
    );
    await clock.advance(4000);
    const reader = start({ skew });
    await letTimePass(
      clock,
      reader.invoices.getToken().catch(() => {}),
      50,
    );
    await clock.advance(4000);
    const { result } = await letTimePass(clock, reader.invoices.getToken(), 50);
    expect(result.status).toBe("fulfilled");
  }
});
