import { describe, expect, test } from "vitest";
import { atOnce, inARow, tally } from "../../packages/core/test/support/calls.ts";
import { drivers } from "./support/drivers.ts";
import { createWorld, reasons } from "./support/world.ts";

describe.each(drivers)("one token request, not N, through $name", (driver) => {
  test("50 concurrent cold calls: one", async () => {
    const { call, server } = await createWorld(driver);
    expect(tally(await atOnce(50, () => call()))).toEqual({ 200: 50 });
    expect(server.requests).toHaveLength(1);
  });

  test("the token revoked, then 20 concurrent calls: one more", async () => {
    const { call, server } = await createWorld(driver);
    await call();
    server.revoke();
    expect(tally(await atOnce(20, () => call()))).toEqual({ 200: 20 });
    expect(server.requests).toHaveLength(2);
  });

  test("the same, the 401s arriving over 150 ms: one more", async () => {
    const { call, server, answerApi } = await createWorld(driver);
    await call();
    server.revoke();
    let refusals = 0;
    answerApi(async (request) => {
      const response = await server.api(request);
      // The delay of the API is the point here.
      if (response.status === 401) {
        await new Promise((resolve) => setTimeout(resolve, (150 / 19) * refusals++));
      }
      return response;
    });
    expect(tally(await atOnce(20, () => call()))).toEqual({ 200: 20 });
    expect(refusals).toBe(20);
    expect(server.requests).toHaveLength(2);
  });

  test.each([300, 60, 20, 5])("expires_in %d, ten calls in a row: one", async (seconds) => {
    const { call, clock, server } = await createWorld(driver, { response: { expires_in: seconds } });
    const statuses = await inARow(10, async () => {
      const status = await call();
      await clock.advance(50);
      return status;
    });
    expect(tally(statuses)).toEqual({ 200: 10 });
    expect(server.requests).toHaveLength(1);
  });

  test("the first of ten waiters aborts: one, and the other nine are served", async () => {
    const { call, server, traffic, holdTokenAnswers } = await createWorld(driver);
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    holdTokenAnswers(() => held);
    const controller = new AbortController();
    const calls = Promise.allSettled([
      call({ signal: controller.signal }),
      ...Array.from({ length: 9 }, () => call()),
    ]);
    await traffic.quiet();
    expect(traffic.waits()).toBe(10);
    controller.abort();
    letGo();

    const [first, ...others] = await calls;
    expect(reasons([first])).toEqual([
      expect.objectContaining({ name: expect.stringMatching(/^(AbortError|CanceledError)$/) as string }),
    ]);
    expect(others).toEqual(Array.from({ length: 9 }, () => ({ status: "fulfilled", value: 200 })));
    expect(server.requests).toHaveLength(1);
  });
});
