import { expect, test } from "vitest";
import { createInMemoryWorld } from "../support/in-memory.ts";
import { eventually, pause, watch } from "../support/time.ts";

test("a request that was called off keeps its late token to itself, also where the HTTP client sees no abort", async () => {
  const { invoices, server, holdNextToken, events } = createInMemoryWorld();
  const letGo = holdNextToken();
  const waiting = invoices.getToken();
  await eventually(() => expect(server.requests).toHaveLength(1));
  await invoices.deleteToken();
  const token = await waiting;
  expect(server.requests).toHaveLength(2);

  letGo(Response.json({ access_token: "late", token_type: "Bearer", expires_in: 3600 }));
  await pause(5);
  expect(await invoices.getToken()).toBe(token);
  expect(events.filter(({ type }) => type === "token-obtained")).toHaveLength(1);
});

test("nobody waits for ever while tokens are deleted again and again", async () => {
  const { invoices, server, clock } = createInMemoryWorld({ timeout: 3000 });
  server.answerAlways(() => new Promise(() => {}));
  const { work, settled } = watch(invoices.getToken().catch((error: unknown) => error));
  for (let second = 0; second < 5 && !settled(); second++) {
    await invoices.deleteToken();
    await clock.advance(1000);
  }
  expect(settled()).toBe(true);
  expect(await work).toMatchObject({ code: "ERR_TOKEN_REQUEST_TIMEOUT" });
});

test("a forced call waits for its token however old the other one is, and longer than others would", async () => {
  const { invoices, clock, holdNextToken } = createInMemoryWorld();
  const old = await invoices.getToken();
  await clock.advance(3_580_000);
  const letGo = holdNextToken();
  const { work, settled } = watch(invoices.getToken({ forceRenewal: true }));
  await clock.advance(8000);
  expect(settled()).toBe(false);
  letGo();
  expect(await work).not.toBe(old);
});

test("a token's time counts from the try that brought it", async () => {
  const { invoices, server, clock } = createInMemoryWorld();
  server.answerNext(() => new Response(null, { status: 503, headers: { "retry-after": "2" } }));
  const { work, settled } = watch(invoices.getToken());
  while (!settled()) await clock.advance(500);
  const { expiresAt } = await work;
  const age = clock.now() - (expiresAt - 3_600_000);
  expect(age).toBeLessThanOrEqual(500);
});
