import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { figuresOf } from "./support/figures.ts";
import { underLoad } from "./support/load.ts";
import { describeFleet } from "./support/redis-fleet.ts";

const keyOf = (id: string) => ({ id, secret: randomBytes(32).toString("base64url") });
const old = keyOf("2030-01");
const young = keyOf("2030-02");
/** Readable everywhere, then writing, then the old one gone. */
const steps = [[old, young], [young, old], [young]];

describeFleet("20 processes that encrypt what they share, and rotate their key", (open) => {
  test("one half of the fleet after the other, in the documented order: they go on sharing at each step", async () => {
    const lookInterval = 100;
    await using world = await open({ settings: () => ({ lookInterval, encryption: [old] }) });
    const workers = [...world.workers.keys()];
    await world.order("burst", 1);
    for (const encryption of steps) {
      const before = world.asked.length;
      await world.restart(() => ({ lookInterval, encryption }), workers.slice(0, 10));
      // A new token, which either half may write and all have to read.
      await world.workers[5]?.order("deleteToken", undefined);
      const half = await figuresOf(world, await underLoad(world, () => sleep(500)), before);
      expect(Object.keys(half.outcomes)).toEqual(["200"]);

      await world.restart(() => ({ lookInterval, encryption }), workers.slice(10));
      const whole = await figuresOf(world, await world.order("burst", 5), before);
      expect(whole).toMatchObject({ outcomes: { 200: 100 }, tokenRequests: 1 });
    }
  });
});
