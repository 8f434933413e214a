import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { figuresOf } from "./support/figures.ts";
import { underLoad } from "./support/load.ts";
import { describeFleet } from "./support/redis-fleet.ts";

describeFleet("20 processes, and an API that refuses their token", (open) => {
  test("a token revoked while all are busy is replaced once, and every call is repaired", async () => {
    await using world = await open({ answerTime: 100 });
    await world.order("burst", 1);
    const calls = await underLoad(world, async () => {
      await sleep(1_000);
      world.revokeAll();
      await sleep(1_500);
    });
    const figures = await figuresOf(world, calls, 1);
    expect(figures).toMatchObject({ outcomes: { 200: expect.any(Number) as number }, tokenRequests: 1 });
    expect(Object.keys(figures.outcomes)).toEqual(["200"]);
  });

  test("an API that answers 401 to everything gets at most three tokens to see in ten seconds, and callers its 401", async () => {
    await using world = await open({ refusing: true });
    const { outcomes, tokenRequests } = await figuresOf(world, await underLoad(world, () => sleep(10_000)));
    expect(Object.keys(outcomes)).toEqual(["401"]);
    expect(tokenRequests).toBeLessThanOrEqual(3);
  });
});
