import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { figuresOf } from "./support/figures.ts";
import { underLoad } from "./support/load.ts";
import { describeFleet } from "./support/redis-fleet.ts";

/** Two minutes behind, right, two minutes ahead. */
const skewOf = (worker: number): number => ((worker % 3) - 1) * 120_000;

describeFleet(
  "20 processes whose clocks differ by up to four minutes",
  (open) => {
    // The clocks are wrong by more than the one life and by less than the other.
    test.each([
      { lifetime: 12, seconds: 15, renewals: 3 },
      { lifetime: 3_600, seconds: 2, renewals: 0 },
    ])(
      "tokens of $lifetime s, for $seconds s: at most one token request per process and renewal, and no failed call",
      async ({ lifetime, seconds, renewals }) => {
        await using world = await open({ lifetime, settings: () => ({ lookInterval: 300 }) });
        const calls = await underLoad(world, () => sleep(seconds * 1_000));
        const figures = await figuresOf(world, calls);
        expect(Object.keys(figures.outcomes)).toEqual(["200"]);
        expect(figures.mostByOneWorker).toBeLessThanOrEqual(1 + renewals);
        const reports = await world.order("report", undefined);
        const repaired = reports.map(({ events }) => events["token-rejected"] ?? 0);
        // A token that ended in between is replaced at its 401: once in each of its lives.
        expect(Math.max(...repaired)).toBeLessThanOrEqual(Math.floor(seconds / lifetime));
      },
    );
  },
  skewOf,
);
