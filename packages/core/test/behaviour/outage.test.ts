import { describe, expect, test } from "vitest";
import { inARow, tally } from "../support/calls.ts";
import { eventually, letTimePass, pause } from "../support/time.ts";
import { createWorld, type World } from "../support/world.ts";

const outages = {
  "answers 503": (): Response => new Response(null, { status: 503 }),
  hangs: (): Promise<Response> => new Promise<Response>(() => {}),
  "refuses the client": (): Response => Response.json({ error: "invalid_client" }, { status: 401 }),
};

/** A world whose one-hour token has `left` seconds to live when the outage begins. */
async function worldInOutage(answer: () => Response | Promise<Response>, left: number): Promise<World> {
  const world = await createWorld();
  await world.invoices.getToken();
  await world.clock.advance(3_600_000 - left * 1000);
  world.server.answerAlways(answer);
  return world;
}

const served = { status: "fulfilled", value: 200 };

describe.each(Object.entries(outages))("while the authorization server %s", (_, answer) => {
  test.each([100, 20, 1])(
    "calls are served until the token really expires: %d s left, three calls in a row",
    async (left) => {
      const { clock, invoicesFetch, api, server } = await worldInOutage(answer, left);
      const calls = await inARow(3, () =>
        letTimePass(
          clock,
          invoicesFetch(api).then(({ status }) => status),
          100,
        ),
      );

      expect(calls.map(({ result }) => result)).toEqual([served, served, served]);
      // Only the first may wait, at most 2 s and at most half of what is left.
      expect(calls[0]?.took).toBeLessThanOrEqual(Math.min(2000, left * 500) + 100);
      for (const { took } of calls.slice(1)) expect(took).toBeLessThanOrEqual(100);
      expect(server.requests.length).toBeLessThanOrEqual(1 + 3);
    },
  );

  test("then calls fail with a typed error, within the time-out", async () => {
    const { clock, invoices } = await worldInOutage(answer, 0);
    const { result, took } = await letTimePass(clock, invoices.getToken(), 1000);
    expect(result.status).toBe("rejected");
    expect(result).toMatchObject({ reason: { client: "invoices" } });
    expect(took).toBeLessThanOrEqual(11_000);
  });
});

test("a call that is served late says so by an event", async () => {
  const { clock, invoices, events } = await worldInOutage(outages["answers 503"], 20);
  const { result } = await letTimePass(clock, invoices.getToken({ context: "mine" }));
  expect(result).toMatchObject({ value: { expiresAt: expect.any(Number) as number } });
  expect(events.findLast(({ type }) => type === "token-served-late")).toEqual({
    type: "token-served-late",
    client: "invoices",
    expiresAt: result.status === "fulfilled" ? result.value.expiresAt : 0,
    context: "mine",
  });
});

test("past the usable time a caller waits for a new token, if it comes soon", async () => {
  const { clock, invoices, server } = await createWorld();
  const first = await invoices.getToken();
  await clock.advance(3_545_000);
  expect(await invoices.getToken()).not.toBe(first);
  expect(server.requests).toHaveLength(2);
});

test("a slow answer is not lost: callers go on with the old token, and the new one serves when it is there", async () => {
  const { clock, invoices, server } = await createWorld();
  const first = await invoices.getToken();
  await clock.advance(3_545_000);
  let letGo = (): void => {};
  server.answerNext(async () => {
    await new Promise<void>((resolve) => {
      letGo = resolve;
    });
    return Response.json({ access_token: "slow", expires_in: 3600 });
  });
  const { result, took } = await letTimePass(clock, invoices.getToken(), 100);
  expect(result).toEqual({ status: "fulfilled", value: first });
  expect(took).toBeLessThanOrEqual(2100);

  letGo();
  await eventually(() => expect(invoices.peekToken()?.accessToken).toBe("slow"));
  expect(server.requests).toHaveLength(2);
});

test("50 callers past the usable time share one patience, and one token request", async () => {
  const { clock, invoices, server } = await worldInOutage(outages["hangs"], 20);
  const waiting = Promise.all(Array.from({ length: 50 }, () => invoices.getToken()));
  const { took } = await letTimePass(clock, waiting, 100);
  expect(took).toBeLessThanOrEqual(2100);
  expect(server.requests).toHaveLength(2);
});

test("when the server is back, the first call after the pause renews", async () => {
  const { clock, invoices, server, events } = await worldInOutage(outages["answers 503"], 55);
  await letTimePass(clock, invoices.getToken());
  server.answerAlways(undefined);
  await clock.advance(30_000);
  await letTimePass(clock, invoices.getToken());
  await pause();
  expect(tally(events.map(({ type }) => type))).toMatchObject({ "token-obtained": 2 });
  expect(invoices.peekToken()?.accessToken).toBe(server.issued[1]);
});

test("a process that starts in an outage gets the error, and a token as soon as there is one", async () => {
  const { clock, invoices, server } = await createWorld();
  server.answerAlways(outages["answers 503"]);
  const { result, took } = await letTimePass(clock, invoices.getToken());
  expect(result.status).toBe("rejected");
  expect(took).toBeLessThanOrEqual(10_000);
  server.answerAlways(undefined);
  await clock.advance(5000);
  await expect(invoices.getToken()).resolves.toBeDefined();
});
