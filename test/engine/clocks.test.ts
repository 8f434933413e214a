import { describe, expect, test } from "vitest";
import { inARow, tally } from "../../packages/core/test/support/calls.ts";
import { drivers } from "./support/drivers.ts";
import { createWorld, type World } from "./support/world.ts";

const minute = 60_000;
const hour = 60 * minute;

/** Lets the API refuse what has ended by the larger of both clocks' differences, and count it. */
function refuseExpired({ answerApi, clock, server }: World): () => number {
  const ends = new Map<string, { readonly wall: number; readonly monotonic: number }>();
  let expired = 0;
  answerApi((request) => {
    const token = request.headers.get("authorization") ?? "";
    const end = ends.get(token) ?? { wall: clock.now() + hour, monotonic: clock.monotonic() + hour };
    ends.set(token, end);
    if (clock.now() >= end.wall || clock.monotonic() >= end.monotonic) expired++;
    return server.api(request);
  });
  return () => expired;
}

describe.each(drivers)("whatever the clocks do, through $name", (driver) => {
  test.each([-hour, hour])(
    "the wall clock jumps by %d ms: no expired token is sent, no endless renewal",
    async (jump) => {
      const world = await createWorld(driver);
      const expired = refuseExpired(world);
      const statuses = [await world.call()];
      await world.clock.advance(10 * minute);
      world.clock.jump(jump);
      for (let minutes = 0; minutes < 90; minutes += 2) {
        statuses.push(await world.call());
        await world.traffic.quiet();
        await world.clock.advance(2 * minute);
      }
      expect(tally(statuses)).toEqual({ 200: 46 });
      expect(expired()).toBe(0);
      expect(world.requestedAt.length).toBeLessThanOrEqual(4);
    },
  );

  test("the machine sleeps past the token's end: no expired token is sent, one new token is enough", async () => {
    const world = await createWorld(driver);
    const expired = refuseExpired(world);
    await world.call();
    // Asleep, the monotonic clock stands still.
    world.clock.jump(2 * hour);
    expect(tally(await inARow(20, () => world.call()))).toEqual({ 200: 20 });
    expect(expired()).toBe(0);
    expect(world.requestedAt).toHaveLength(2);
  });
});
