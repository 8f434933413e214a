import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { figuresOf } from "./support/figures.ts";
import type { Settings } from "./support/orders.ts";
import { describeFleet } from "./support/redis-fleet.ts";

const troubles: Readonly<Record<string, Partial<Settings>>> = {
  "cannot reach the token endpoint": { unreachable: true },
  "has a wrong secret": { clientSecret: "wrong" },
};

describeFleet("20 processes, one of which gets no token", (open) => {
  test.each(Object.entries(troubles))(
    "the one that asks first %s: the others share one token request, and none of them fails",
    async (_, trouble) => {
      await using world = await open({
        answerTime: 100,
        settings: (worker) => (worker === 0 ? trouble : {}),
      });
      const [odd, ...others] = world.workers;
      const failing = odd!.order("burst", 50);
      // Time enough to take the lease.
      await sleep(20);
      const calls = await Promise.all(others.map((worker) => worker.order("burst", 50)));
      await failing;

      const figures = await figuresOf(world, calls);
      expect(figures.outcomes).toEqual({ 200: 19 * 50 });
      expect(world.asked.filter(({ worker }) => worker !== 0)).toHaveLength(1);
      const { events } = await odd!.order("report", undefined);
      expect(events["token-failed"]).toBeGreaterThanOrEqual(1);
    },
  );
});
