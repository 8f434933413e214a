import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { atOnce, tally } from "../support/calls.ts";
import { eventually, letTimePass, pause } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

const hour = 3_600_000;
const usable = 3_540_000;
const unhandled = vi.fn<(reason: unknown) => void>();
beforeEach(() => {
  process.on("unhandledRejection", unhandled);
});
afterEach(() => {
  process.off("unhandledRejection", unhandled);
});

describe("renewal runs ahead of expiry, in the background", () => {
  test("at 80 to 90 % of the usable time, and not before", async () => {
    const world = await createWorld();
    await world.invoices.getToken();
    await world.clock.advance(usable * 0.8 - 1);
    world.invoices.peekToken();
    await pause(5);
    expect(world.server.requests).toHaveLength(1);
    await world.clock.advance(usable * 0.1 + 1);
    world.invoices.peekToken();
    await eventually(() => expect(world.server.requests).toHaveLength(2));
  });

  test.each([
    [0, 0.8],
    [0.25, 0.825],
    [0.75, 0.875],
  ])("spread by chance, so that a fleet does not come at once: %d", async (chance, share) => {
    const random = vi.spyOn(Math, "random").mockReturnValue(chance);
    onTestFinished(() => random.mockRestore());
    const { invoices, clock, server } = await createWorld();
    await invoices.getToken();
    await clock.advance(usable * share - 1);
    invoices.peekToken();
    await pause(5);
    expect(server.requests).toHaveLength(1);
    await clock.advance(2);
    invoices.peekToken();
    await eventually(() => expect(server.requests).toHaveLength(2));
  });

  test("once, however many calls there are, and nobody waits", async () => {
    const { invoices, invoicesFetch, api, clock, server } = await createWorld();
    const first = await invoices.getToken();
    await clock.advance(usable - 1000);
    let letGo = (): void => {};
    server.answerNext(async () => {
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      return Response.json({ access_token: "renewed", expires_in: 3600 });
    });
    const tokens = await atOnce(50, () => invoices.getToken());
    expect(new Set(tokens)).toEqual(new Set([first]));
    expect((await invoicesFetch(api)).status).toBe(200);
    await eventually(() => expect(server.requests).toHaveLength(2));
    expect(invoices.peekToken()).toBe(first);

    letGo();
    await eventually(() => expect(invoices.peekToken()?.accessToken).toBe("renewed"));
    expect(server.requests).toHaveLength(2);
  });

  test("an abort of the call that started it does not end it", async () => {
    const { invoices, clock, server } = await createWorld();
    const first = await invoices.getToken();
    await clock.advance(usable - 1000);
    const controller = new AbortController();
    await invoices.getToken({ signal: controller.signal });
    controller.abort();
    await eventually(() => expect(invoices.peekToken()).not.toBe(first));
    expect(server.requests).toHaveLength(2);
  });

  test("a steady stream of calls makes one token request per renewal, and no call waits for one", async () => {
    const { invoices, clock, server } = await createWorld({ response: { expires_in: 600 } });
    await invoices.getToken();
    let misses = 0;
    for (let seconds = 0; seconds < 1800; seconds += 40) {
      await clock.advance(40_000);
      if (invoices.peekToken() === undefined) misses++;
      await pause(3);
    }
    expect(misses).toBe(0);
    // 1800 s, one renewal every 432 to 496 s.
    expect(server.requests.length - 1).toBeGreaterThanOrEqual(3);
    expect(server.requests.length - 1).toBeLessThanOrEqual(4);
  });
});

describe("a renewal that fails", () => {
  test("fails no call, and is told by an event", async () => {
    const { invoices, clock, server, events } = await createWorld();
    const first = await invoices.getToken();
    await clock.advance(usable - 60_000);
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
    expect(await invoices.getToken()).toBe(first);
    await eventually(() =>
      expect(events.at(-1)).toMatchObject({
        type: "token-failed",
        reason: "renewal",
        error: { code: "ERR_TOKEN_REFUSED" },
      }),
    );
    expect(await invoices.getToken()).toBe(first);
    expect(server.requests).toHaveLength(2);
    await pause(5);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test("is tried again after growing pauses, not by every call", async () => {
    const { invoices, clock, server } = await createWorld();
    await invoices.getToken();
    await clock.advance(usable * 0.9);
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
    const statuses: boolean[] = [];
    for (let second = 0; second < 60; second++) {
      statuses.push(invoices.peekToken() !== undefined);
      await pause(2);
      await clock.advance(1000);
    }
    expect(tally(statuses)).toEqual({ true: 60 });
    // Pauses of at most 1, 2, 4, 8, 16, 30 s, at least a tenth of that.
    expect(server.requests.length - 1).toBeGreaterThanOrEqual(4);
    expect(server.requests.length - 1).toBeLessThanOrEqual(25);
  });

  test("is made good by the next one", async () => {
    const { invoices, clock, server } = await createWorld();
    const first = await invoices.getToken();
    await clock.advance(usable * 0.9);
    server.answerNext(() => Response.json({ error: "invalid_client" }, { status: 400 }));
    invoices.peekToken();
    await eventually(() => expect(server.requests).toHaveLength(2));
    await pause(5);
    await clock.advance(1001);
    invoices.peekToken();
    await eventually(() => expect(invoices.peekToken()).not.toBe(first));
    expect(server.requests).toHaveLength(3);
  });

  test("and hangs frees its place when its time is over", async () => {
    const { invoices, clock, server } = await createWorld({ client: { timeout: 5000 } });
    const first = await invoices.getToken();
    await clock.advance(usable * 0.9);
    server.answerNext(() => new Promise<Response>(() => {}));
    invoices.peekToken();
    await eventually(() => expect(server.requests).toHaveLength(2));
    await clock.advance(5000);
    await clock.advance(1001);
    invoices.peekToken();
    await eventually(() => expect(invoices.peekToken()).not.toBe(first));
    expect(server.requests).toHaveLength(3);
  });
});

test("a server that repeats the same token is not asked again and again", async () => {
  const { invoices, clock, server } = await createWorld();
  const answer = (): Response =>
    Response.json({
      access_token: "same",
      expires_in: Math.max(1, Math.round((hour - clock.monotonic()) / 1000)),
    });
  server.answerAlways(answer);
  await invoices.getToken();
  for (let round = 0; round < 50; round++) {
    await letTimePass(clock, invoices.getToken());
    await clock.advance(72_000);
  }
  expect(server.requests.length).toBeLessThan(40);
});
