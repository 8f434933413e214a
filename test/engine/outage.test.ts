import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { inARow, tally } from "../../packages/core/test/support/calls.ts";
import { drivers } from "./support/drivers.ts";
import { letTimePass } from "./support/traffic.ts";
import { createWorld, never, type World } from "./support/world.ts";

const unhandled = vi.fn<(reason: unknown) => void>();
beforeEach(() => {
  unhandled.mockClear();
  process.on("unhandledRejection", unhandled);
});
afterEach(() => {
  process.off("unhandledRejection", unhandled);
});

const outages: Record<string, (world: World) => unknown> = {
  "answers 503": ({ server }) => server.answerAlways(() => new Response(null, { status: 503 })),
  hangs: ({ holdTokenAnswers }) => holdTokenAnswers(never),
  "is gone": ({ stopTokenEndpoint }) => stopTokenEndpoint(),
};
const served = { status: "fulfilled", value: 200 };

describe.each(drivers)("an outage is not an error while a good token exists, through $name", (driver) => {
  const combinations = Object.entries(outages).flatMap(([name, begin]) =>
    [100, 20].map((left) => ({ name, begin, left })),
  );
  test.each(combinations)(
    "a one-hour token, $left s left, the server $name: three calls in a row are served",
    async ({ begin, left }) => {
      const world = await createWorld(driver);
      await world.call();
      await world.clock.advance(3_600_000 - left * 1000);
      await begin(world);
      const calls = await inARow(3, () => letTimePass(world, world.call()));

      expect(calls.map(({ result }) => result)).toEqual([served, served, served]);
      expect(calls[0]?.took).toBeLessThanOrEqual(2000);
      expect(calls.slice(1).map(({ took }) => took)).toEqual([0, 0]);
      // A renewal in the background may still try again.
      await world.clock.advance(3000);
      await world.traffic.quiet();
      expect(world.requestedAt.length - 1).toBeLessThanOrEqual(3);
      expect(world.server.presented).toEqual(Array.from({ length: 4 }, () => bearer(world)));
    },
  );

  test.each(Object.entries(outages))(
    "a renewal that fails in the background, the server %s: no failed call, no unhandled rejection",
    async (_, begin) => {
      const world = await createWorld(driver);
      await world.call();
      await world.clock.advance(3_200_000);
      await begin(world);
      const statuses = await inARow(30, async () => {
        const status = await world.call();
        await world.clock.advance(1000);
        await world.traffic.quiet();
        return status;
      });

      expect(tally(statuses)).toEqual({ 200: 30 });
      expect(world.traffic.waits()).toBe(1);
      expect(tally(world.events.map(({ type }) => type))).toMatchObject({
        "token-obtained": 1,
        "token-failed": expect.any(Number) as number,
      });
      expect(unhandled).not.toHaveBeenCalled();
    },
  );
});

function bearer({ server }: World): string {
  return `Bearer ${server.issued[0]}`;
}
