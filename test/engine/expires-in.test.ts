import { describe, expect, test } from "vitest";
import { inARow, tally } from "../../packages/core/test/support/calls.ts";
import { drivers } from "./support/drivers.ts";
import { createWorld, reasons } from "./support/world.ts";

const year = 31_536_000;

describe.each(drivers)("whatever expires_in says, through $name", (driver) => {
  test.each([
    ["missing", undefined, 300],
    ["a string", "3600", 3600],
    ["absurd", 1e12, year],
    ["fractional", 3599.5, 3599.5],
    ["a word", "soon", 300],
  ])("%s: one token request, and the token is not for ever", async (_, expiresIn, seconds) => {
    const { call, clock, invoices, server } = await createWorld(driver, {
      response: { expires_in: expiresIn },
    });
    const started = clock.now();
    expect(tally(await inARow(10, () => call()))).toEqual({ 200: 10 });
    expect(server.requests).toHaveLength(1);
    expect(invoices.peekToken()?.expiresAt).toBe(started + seconds * 1000);

    // The API goes by the same clock, and would refuse the first token now.
    await clock.advance(seconds * 1000);
    server.revoke();
    expect(await call()).toBe(200);
    expect(server.requests).toHaveLength(2);
    expect(server.presented).toHaveLength(11);
  });

  test.each([0, -1])("%d: a typed error, and at most one token request per call", async (expiresIn) => {
    const { call, requestedAt, server } = await createWorld(driver, { response: { expires_in: expiresIn } });
    const results = await inARow(10, async () => {
      const [result] = await Promise.allSettled([call()]);
      return result;
    });
    expect(tally(reasons(results).map((reason) => reason instanceof Error && reason.name))).toEqual({
      TokenResponseError: 10,
    });
    expect(results).toMatchObject(
      Array.from({ length: 10 }, () => ({ reason: { code: "ERR_TOKEN_RESPONSE_EXPIRED" } })),
    );
    expect(requestedAt.length).toBeLessThanOrEqual(10);
    expect(server.presented).toHaveLength(0);
  });
});
