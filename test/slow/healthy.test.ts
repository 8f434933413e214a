import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { figuresOf } from "../fleet/support/figures.ts";
import { underLoad } from "../fleet/support/load.ts";
import { topologies } from "./support/topologies.ts";
import { describeTopologyFleet } from "./support/topology-fleet.ts";

describeTopologyFleet("20 processes", (open) => {
  describe.each(topologies)("over $name", (kind) => {
    test("50 callers each, all without a token: one token request, and nobody waits for long", async () => {
      await using world = await open(kind, { answerTime: 300 });
      const figures = await figuresOf(world, await world.order("burst", 50));
      expect(figures).toMatchObject({ outcomes: { 200: 1_000 }, tokenRequests: 1 });
      expect(figures.worstWait).toBeLessThanOrEqual(2 * 300 + 300);
    });

    test("tokens usable for 3 s, for 15 s: one token request per renewal, and no call waits for it", async () => {
      await using world = await open(kind, { answerTime: 100, lifetime: 6 });
      await world.order("burst", 1);
      const figures = await figuresOf(world, await underLoad(world, () => sleep(15_000)));
      expect(Object.keys(figures.outcomes)).toEqual(["200"]);
      expect(figures.waitedForIssue).toBe(0);
      // Renewals are due at 2.4–2.7 s: six or seven requests, and one more or less.
      expect(figures.tokenRequests).toBeGreaterThanOrEqual(6);
      expect(figures.tokenRequests).toBeLessThanOrEqual(8);
    });
  });
});
