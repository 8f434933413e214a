import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { figuresOf, skipIfBusy } from "./support/figures.ts";
import { underLoad } from "./support/load.ts";
import { watchMarkers } from "./support/markers.ts";
import { moment } from "./support/moment.ts";
import { describeFleet } from "./support/redis-fleet.ts";

describeFleet("20 processes, none with a token, and a token endpoint that answers 503 for 5 s", (open) => {
  test("three tries for each failure marker; callers hear of it at once, and are served soon after", async (context) => {
    await using world = await open({ down: true });
    const { markers, close } = await watchMarkers(world.redis.url);
    let recoveredAt = 0;
    const calls = await underLoad(world, async () => {
      await sleep(5_000);
      world.behaviour.down = false;
      recoveredAt = moment();
      await sleep(5_500);
    });
    close();
    const figures = await figuresOf(world, calls);
    expect(Object.keys(figures.outcomes)).toEqual(["200", "ERR_TOKEN_ENDPOINT_STATUS"]);

    const tries = world.asked.filter(({ status }) => status === 503);
    const triesFor = markers.map(({ from }, index) => {
      const before = markers[index - 1]?.from ?? 0;
      return tries.filter(({ at }) => before <= at && at < from).length;
    });
    console.info(JSON.stringify({ markers: markers.map(({ from, until }) => until - from), triesFor }));
    expect(Math.max(...triesFor)).toBeLessThanOrEqual(3);

    const servedAt = calls.map((one) =>
      Math.min(...one.flatMap(({ at, waited, outcome }) => (outcome === 200 ? [at + waited] : []))),
    );
    expect(Math.max(...servedAt) - recoveredAt).toBeLessThanOrEqual(5_500);
    expect(world.asked.filter(({ status }) => status === 200)).toHaveLength(1);

    skipIfBusy(context, figures);
    const meanwhile = calls
      .flat()
      .filter(({ at, took }) => markers.some(({ from, until }) => from < at && at + took < until));
    expect(meanwhile.length).toBeGreaterThan(100);
    expect(Math.max(...meanwhile.map(({ waited, stalled }) => waited - stalled))).toBeLessThan(250);
  });
});
