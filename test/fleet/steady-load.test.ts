import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { figuresOf, skipIfBusy } from "./support/figures.ts";
import { underLoad } from "./support/load.ts";
import { describeFleet } from "./support/redis-fleet.ts";

describeFleet("20 processes at work", (open) => {
  test("30 s with tokens that are renewed each 2.4 to 2.7 s: 12 to 14 token requests, and only the first is waited for", async (context) => {
    await using world = await open({ lifetime: 6, answerTime: 100 });
    await figuresOf(world, await world.order("burst", 1));
    const figures = await figuresOf(world, await underLoad(world, () => sleep(30_000)));
    expect(figures.outcomes).toEqual({ 200: expect.any(Number) as number });
    expect(figures.tokenRequests).toBeGreaterThanOrEqual(12);
    expect(figures.tokenRequests).toBeLessThanOrEqual(14);
    skipIfBusy(context, figures);
    expect(figures.waitedForIssue).toBe(0);
  });
});
