import { describe, expect, test } from "vitest";
import { inARow, tally } from "../../packages/core/test/support/calls.ts";
import { drivers } from "./support/drivers.ts";
import { createWorld } from "./support/world.ts";

describe.each(drivers)("an API that answers 401 to everything, through $name", (driver) => {
  test("100 calls over ten seconds: at most three token requests, and the API's own 401 for each", async () => {
    const { call, clock, requestedAt, answerApi } = await createWorld(driver);
    let answers = 0;
    answerApi(() => {
      answers++;
      return new Response("refused", { status: 401 });
    });
    const statuses = await inARow(100, async () => {
      const status = await call();
      await clock.advance(100);
      return status;
    });
    expect(tally(statuses)).toEqual({ 401: 100 });
    expect(requestedAt.length).toBeLessThanOrEqual(3);
    // No second try that was not worth a token request.
    expect(answers).toBeLessThanOrEqual(100 + requestedAt.length);
  });
});
