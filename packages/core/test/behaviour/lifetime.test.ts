import { describe, expect, test } from "vitest";
import { letTimePass, pause } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

describe("a token of one hour is cached for 59 minutes", () => {
  test("to the millisecond", async () => {
    const { invoices, clock } = await createWorld();
    const token = await invoices.getToken();
    // Not through peekToken: a use in the last fifth would renew it.
    await clock.advance(3_540_000 - 1);
    expect(invoices.peekToken()).toBe(token);
  });

  test("and not a millisecond longer", async () => {
    const { invoices, clock, server } = await createWorld();
    const token = await invoices.getToken();
    await clock.advance(3_540_000);
    expect(invoices.peekToken()).toBeUndefined();
    expect(await invoices.getToken()).not.toBe(token);
    expect(server.requests).toHaveLength(2);
  });

  test("or for as long as cacheLifetimeBuffer says, of the manager or of the client", async () => {
    const { tokens, options, clock, invoices } = await createWorld({ manager: { cacheLifetimeBuffer: 600 } });
    const own = tokens.register("own", { ...options, cacheLifetimeBuffer: 0 });
    await Promise.all([invoices.getToken(), own.getToken()]);
    await clock.advance(3_000_000 - 1);
    expect(invoices.peekToken()).toBeDefined();
    await clock.advance(599_999);
    expect(invoices.peekToken()?.expiresAt).not.toBe(own.peekToken()?.expiresAt);
    expect(own.peekToken()).toBeDefined();
  });
});

describe("a token too short for the buffer is cached for half its life", () => {
  test.each([
    [100, 50],
    [60, 30],
    [20, 10],
    [5, 2.5],
  ])("%d s: %d s", async (life, usable) => {
    const { invoices, clock, server } = await createWorld({ response: { expires_in: life } });
    const token = await invoices.getToken();
    await clock.advance(usable * 1000 - 1);
    expect(invoices.peekToken()).toBe(token);
    await pause(10);
    const requests = server.requests.length;
    expect(requests).toBeLessThanOrEqual(2);
  });

  test.each([20, 5])("%d s: past that, a new one is asked for", async (life) => {
    const { invoices, clock, server } = await createWorld({ response: { expires_in: life } });
    const token = await invoices.getToken();
    await clock.advance(life * 500);
    expect(invoices.peekToken()).toBeUndefined();
    expect(await invoices.getToken()).not.toBe(token);
    expect(server.requests).toHaveLength(2);
  });
});

test("a token is never handed out past its end", async () => {
  const { invoices, clock, server } = await createWorld({ response: { expires_in: 60 } });
  const token = await invoices.getToken();
  server.answerAlways(() => new Response(null, { status: 503 }));
  await clock.advance(60_000);
  const { result } = await letTimePass(clock, invoices.getToken());
  expect(result).toMatchObject({ status: "rejected", reason: { code: "ERR_TOKEN_ENDPOINT_STATUS" } });
  expect(token.expiresAt).toBeLessThanOrEqual(clock.now());
});

test("an idle client asks for nothing", async () => {
  const { invoices, clock, server } = await createWorld({ response: { expires_in: 60 } });
  await invoices.getToken();
  await clock.advance(3_600_000);
  await pause();
  expect(server.requests).toHaveLength(1);
});
