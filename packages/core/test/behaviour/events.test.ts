import { expect, test } from "vitest";
import { letTimePass } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

test("a token that is obtained is told with its source, reason, time taken and end", async () => {
  const { invoices, events, clock } = await createWorld();
  const token = await invoices.getToken({ context: { requestId: 1 } });
  await invoices.getToken({ forceRenewal: true });
  await invoices.rejectToken(await invoices.getToken());

  const common = { client: "invoices", type: "token-obtained", from: "token-endpoint", duration: 0 };
  expect(events.filter(({ type }) => type === "token-obtained")).toEqual([
    { ...common, reason: "cold", expiresAt: token.expiresAt, context: { requestId: 1 } },
    { ...common, reason: "forced", expiresAt: token.expiresAt, context: undefined },
    { ...common, reason: "rejection", expiresAt: token.expiresAt, context: undefined },
  ]);
  expect(clock.monotonic()).toBe(0);
});

test("the time a token request took is by the manager's clock", async () => {
  const { invoices, events, clock, server } = await createWorld();
  server.answerNext(async () => {
    await clock.advance(700);
    return Response.json({ access_token: "t" });
  });
  await invoices.getToken();
  expect(events).toMatchObject([{ type: "token-obtained", duration: 700 }]);
});

test("a failure is told once per token request, not once per caller", async () => {
  const { invoices, events, server } = await createWorld();
  server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
  await Promise.allSettled(Array.from({ length: 20 }, () => invoices.getToken()));
  await Promise.allSettled(Array.from({ length: 20 }, () => invoices.getToken()));
  expect(events.map(({ type }) => type)).toEqual(["token-failed"]);
  expect(events[0]).toMatchObject({
    client: "invoices",
    reason: "cold",
    error: { code: "ERR_TOKEN_REFUSED" },
  });
});

test("a time-out is told with the time it took", async () => {
  const { invoices, events, server, clock } = await createWorld({ client: { timeout: 3000 } });
  server.answerAlways(() => new Promise<Response>(() => {}));
  await letTimePass(clock, invoices.getToken(), 500);
  expect(events).toMatchObject([
    { type: "token-failed", duration: 3000, error: { code: "ERR_TOKEN_REQUEST_TIMEOUT" } },
  ]);
});

test("a warm call is told by no event", async () => {
  const { invoices, invoicesFetch, api, events } = await createWorld();
  await invoices.getToken();
  const before = events.length;
  await invoices.getToken();
  await invoicesFetch(api);
  expect(events).toHaveLength(before);
});
