import { describe, expect, test } from "vitest";
import { atOnce, tally } from "../../packages/core/test/support/calls.ts";
import { drivers } from "./support/drivers.ts";
import { createWorld } from "./support/world.ts";

// The fake clock drives this: 15 s in steps of 50 ms, ten calls at once in each, so 200 a second. Calls and token
// requests go over real HTTP, and a step ends when all of its calls have their answers; the endpoint holds each
// answer back for 50 ms by the same clock, during which calls go on. The figures are then those of real time on a
// machine without load, and do not change with the machine that runs them.
const step = 50;

describe.each(drivers)("200 calls a second for 15 s, tokens that live 3 s, through $name", (driver) => {
  test(
    "12 or 13 token requests, no failure, and no call waits but the first",
    { timeout: 30_000 },
    async () => {
      const { call, clock, traffic, requestedAt, holdTokenAnswers } = await createWorld(driver, {
        response: { expires_in: 3 },
      });
      holdTokenAnswers(() => new Promise<void>((resolve) => clock.setTimeout(resolve, 50)));
      const first = call();
      await traffic.quiet();
      await clock.advance(50);
      const statuses = [await first];
      expect(traffic.waits()).toBe(1);

      for (const end = clock.monotonic() + 15_000; clock.monotonic() < end; await clock.advance(step)) {
        statuses.push(...(await atOnce(10, () => call())));
        await traffic.quiet();
      }
      expect(tally(statuses)).toEqual({ 200: 3001 });
      expect(traffic.waits()).toBe(1);
      expect([12, 13]).toContain(requestedAt.length);
    },
  );
});
