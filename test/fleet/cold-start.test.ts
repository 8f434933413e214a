import { expect, test } from "vitest";
import { figuresOf, skipIfBusy } from "./support/figures.ts";
import { describeFleet } from "./support/redis-fleet.ts";

describeFleet("20 processes of 50 callers each, all without a token", (open) => {
  test("one token request, and nobody waits much longer than that takes", async (context) => {
    await using world = await open({ answerTime: 300 });
    const figures = await figuresOf(world, await world.order("burst", 50));
    expect(figures).toMatchObject({ outcomes: { 200: 1_000 }, tokenRequests: 1 });
    skipIfBusy(context, figures);
    const [{ took = 0 } = {}] = world.asked;
    expect(took).toBeLessThan(600);
    expect(figures.worstWait).toBeLessThanOrEqual(2 * took + 300);
  });

  test("half of them with Keyv 5, half with Keyv 6: one token request all the same", async () => {
    await using world = await open({
      answerTime: 300,
      settings: (worker) => ({ keyv: worker % 2 === 0 ? 5 : 6 }),
    });
    const figures = await figuresOf(world, await world.order("burst", 50));
    expect(figures).toMatchObject({ outcomes: { 200: 1_000 }, tokenRequests: 1 });
  });
});
