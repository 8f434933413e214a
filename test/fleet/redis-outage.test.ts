import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { figuresOf, skipIfBusy } from "./support/figures.ts";
import { underLoad } from "./support/load.ts";
import { describeFleet, type RedisWorld } from "./support/redis-fleet.ts";

/** What one call of the cache may take, in milliseconds: the default. */
const deadline = 250;
/** What an outage may add to one wait, in milliseconds. */
const delay = 700;

const events: Readonly<Record<string, (world: RedisWorld) => Promise<unknown>>> = {
  killed: ({ redis }) => redis.stop(),
  "restarted empty": (world) => world.restartRedis(),
  "restarted empty and read-only": (world) => world.restartRedis({ replicaof: "127.0.0.1 1" }),
  "restarted empty, with no memory to spare": (world) => world.restartRedis({ maxmemory: "1" }),
};

describeFleet("20 processes whose Redis fails", (open) => {
  test.each(Object.entries(events))(
    "%s: at most one token request per process, and no failed call",
    async (_, event) => {
      await using world = await open({ answerTime: 50, settings: () => ({ deadline, lookInterval: 300 }) });
      await world.order("burst", 1);
      const calls = await underLoad(world, async () => {
        await sleep(500);
        await event(world);
        await sleep(2_000);
      });
      const figures = await figuresOf(world, calls, 1);
      expect(Object.keys(figures.outcomes)).toEqual(["200"]);
      expect(figures.mostByOneWorker).toBeLessThanOrEqual(1);
      // The fleet did look.
      expect(figures.cacheFailures).toBeGreaterThan(0);
    },
  );

  describe("it hangs", () => {
    test("cold: one token request per process, and one short delay", async (context) => {
      await using world = await open({ answerTime: 100, settings: () => ({ deadline }) });
      world.redis.pause();
      const cold = await figuresOf(world, await world.order("burst", 5));
      expect(cold).toMatchObject({ outcomes: { 200: 100 }, tokenRequests: 20, mostByOneWorker: 1 });

      world.revokeAll();
      const again = await figuresOf(world, await world.order("burst", 5), 20);
      expect(again).toMatchObject({ outcomes: { 200: 100 }, tokenRequests: 20, mostByOneWorker: 1 });
      skipIfBusy(context, cold, again);
      expect(cold.worstWait).toBeLessThanOrEqual(100 + delay);
      // Not even one more call of the cache was waited for.
      expect(again.worstWait).toBeLessThan(100 + deadline);
    });

    test("in steady state: one token request per process and renewal while it lasts", async (context) => {
      await using world = await open({ lifetime: 6, answerTime: 100, settings: () => ({ deadline }) });
      await world.order("burst", 1);
      const calls = await underLoad(world, async () => {
        await sleep(500);
        world.redis.pause();
        await sleep(6_500);
        world.redis.resume();
        await sleep(500);
      });
      const figures = await figuresOf(world, calls, 1);
      expect(Object.keys(figures.outcomes)).toEqual(["200"]);
      // Renewals are 2.4 s apart at the least.
      expect(figures.mostByOneWorker).toBeLessThanOrEqual(3);
      skipIfBusy(context, figures);
      expect(figures.worstWait).toBeLessThanOrEqual(delay);
    });
  });
});
