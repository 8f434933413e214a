import { describe, expect, test } from "vitest";
import { createTokenManager, systemClock } from "@client-token/core";
import { inARow } from "../support/calls.ts";
import { eventually, pause } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

const minute = 60_000;
const hour = 60 * minute;

describe("the wall clock jumps", () => {
  test("an hour back: the token is not taken for younger than it is", async () => {
    const { invoices, clock } = await createWorld();
    const token = await invoices.getToken();
    await clock.advance(50 * minute);
    clock.jump(-hour);
    await clock.advance(9 * minute + 1);
    expect(await invoices.getToken()).not.toBe(token);
  });

  test("an hour forward: a token that has ended by it is not sent, and one new token is enough", async () => {
    const { invoices, clock, server } = await createWorld();
    const token = await invoices.getToken();
    clock.jump(hour);
    expect(await invoices.getToken()).not.toBe(token);
    await inARow(20, () => invoices.getToken());
    expect(server.requests).toHaveLength(2);
  });

  test.each([-hour, hour])("by %d ms: no endless renewal", async (jump) => {
    const { invoices, clock, server } = await createWorld();
    await invoices.getToken();
    clock.jump(jump);
    for (let minutes = 0; minutes < 50; minutes++) {
      await invoices.getToken();
      await clock.advance(minute / 2);
    }
    await pause(5);
    expect(server.requests.length).toBeLessThanOrEqual(3);
  });

  test("to and fro: no endless renewal either", async () => {
    const { invoices, clock, server } = await createWorld();
    await invoices.getToken();
    for (let round = 0; round < 10; round++) {
      clock.jump(round % 2 === 0 ? 2 * hour : -2 * hour);
      await invoices.getToken();
    }
    // The token of each jump forward is by the new time; each jump back leaves it usable.
    expect(server.requests.length).toBeLessThanOrEqual(11);
  });

  test("remembered failures and cool-downs do not last longer for it", async () => {
    const { invoices, clock, server } = await createWorld();
    server.answerNext(() => Response.json({ error: "invalid_client" }, { status: 400 }));
    await expect(invoices.getToken()).rejects.toThrow("invalid_client");
    clock.jump(-hour);
    await clock.advance(2001);
    await expect(invoices.getToken()).resolves.toBeDefined();
  });
});

describe("the machine sleeps: the monotonic clock stands still, the wall clock goes on", () => {
  test("past the token's end: no expired token is sent", async () => {
    const { invoicesFetch, api, clock, seen, server } = await createWorld();
    await invoicesFetch(api);
    clock.jump(2 * hour);
    expect((await invoicesFetch(api)).status).toBe(200);
    const [first, second] = server.issued.map((token) => `Bearer ${token}`);
    expect(seen.map(({ authorization }) => authorization)).toEqual([first, second]);
  });

  test("for a while: the token is renewed when it is due by the wall clock", async () => {
    const { invoices, clock, server } = await createWorld();
    const token = await invoices.getToken();
    clock.jump(58 * minute);
    expect(invoices.peekToken()).toBe(token);
    await eventually(() => expect(server.requests).toHaveLength(2));
  });
});

test("without a clock of one's own, the machine's is used, looked up at each call", async () => {
  const { options } = await createWorld();
  const tokens = createTokenManager({ clients: { invoices: options } });
  const before = Date.now();
  const token = await tokens.getToken("invoices");
  expect(token.expiresAt).toBeGreaterThanOrEqual(before + hour);
  expect(token.expiresAt).toBeLessThanOrEqual(Date.now() + hour);

  const realNow = Date.now;
  Date.now = () => realNow() + 2 * hour;
  try {
    expect(systemClock.now()).toBeGreaterThan(before + hour);
    expect(await tokens.getToken("invoices")).not.toBe(token);
  } finally {
    Date.now = realNow;
  }
});
