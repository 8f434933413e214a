import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { figuresOf } from "./figures.ts";
import { underLoad } from "./load.ts";
import { describeFleet } from "./redis-fleet.ts";

/** A time of work, all in seconds. */
interface Shift {
  /** Of a token. */
  readonly lifetime: number;
  readonly seconds: number;
  /** The most that fall due in that time. */
  readonly renewals: number;
}

/** Two minutes behind, right, two minutes ahead. */
const skewOf = (worker: number): number => ((worker % 3) - 1) * 120_000;

/** The suite of a fleet that does not agree on the time. */
export function describeSkewedFleet(shifts: readonly Shift[]): void {
  describeFleet(
    "20 processes whose clocks differ by up to four minutes",
    (open) => {
      test.each(shifts)(
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
}
