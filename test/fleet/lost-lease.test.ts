import { createClient } from "@keyv/redis";
import { expect, test, vi } from "vitest";
import { figuresOf, skipIfBusy } from "./support/figures.ts";
import { describeFleet } from "./support/redis-fleet.ts";

const timeout = 1_000;
const deadline = 500;
const leaseTime = timeout + 3 * deadline + 500;

describeFleet("20 processes, and a lease that nobody gives back", (open) => {
  test("a lock without an end is waited for once: at most one token request per process", async (context) => {
    await using world = await open({ answerTime: 100, settings: () => ({ timeout, deadline }) });
    const redis = createClient({ url: world.redis.url }).on("error", () => {});
    await redis.connect();
    // Which key to plant under, the fleet shows.
    const warm = world.order("burst", 1);
    const [lease = ""] = await vi.waitUntil(async () => {
      const keys = await redis.keys("*:lease");
      return keys.length > 0 && keys;
    });
    expect(await redis.pTTL(lease)).toBeLessThanOrEqual(leaseTime);
    await warm;
    await world.restart();
    await redis.flushAll();
    await redis.set(lease, "planted");
    redis.destroy();

    const figures = await figuresOf(world, await world.order("burst", 50), 1);
    expect(figures.outcomes).toEqual({ 200: 1_000 });
    expect(figures.mostByOneWorker).toBe(1);
    skipIfBusy(context, figures);
    expect(figures.worstWait).toBeLessThanOrEqual(leaseTime + 1_000);
  });

  test("its holder is killed in mid-request: one more token request, after the lease's time", async (context) => {
    await using world = await open({ answerTime: 300, settings: () => ({ timeout, deadline }) });
    const bursts = Promise.allSettled(world.workers.map((worker) => worker.order("burst", 50)));
    const [first] = await vi.waitUntil(() => world.asked.length > 0 && world.asked, { interval: 5 });
    await world.workers[first!.worker]!.kill();
    const calls = (await bursts).flatMap((burst) => (burst.status === "fulfilled" ? [burst.value] : []));

    const figures = await figuresOf(world, calls);
    expect(figures).toMatchObject({ outcomes: { 200: 19 * 50 }, tokenRequests: 2 });
    skipIfBusy(context, figures);
    expect(figures.worstWait).toBeLessThanOrEqual(leaseTime + 1_000);
  });
});
