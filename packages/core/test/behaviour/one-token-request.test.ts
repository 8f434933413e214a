import { withClientToken } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { atOnce, inARow, tally } from "../support/calls.ts";
import { letTimePass } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

describe("one token request, not N", () => {
  test("for 50 concurrent cold calls of getToken", async () => {
    const { invoices, server } = await createWorld();
    const results = await atOnce(50, () => invoices.getToken());
    expect(new Set(results).size).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  test("for 50 concurrent cold calls through the manager, by name and by handle", async () => {
    const { tokens, server } = await createWorld();
    await atOnce(50, (call) =>
      call % 2 === 0 ? tokens.getToken("invoices") : tokens.client("invoices").getToken(),
    );
    expect(server.requests).toHaveLength(1);
  });

  test("for 50 concurrent cold calls of fetch", async () => {
    const { invoicesFetch, api, server, seen } = await createWorld();
    const responses = await atOnce(50, () => invoicesFetch(api));
    expect(tally(responses.map(({ status }) => status))).toEqual({ 200: 50 });
    expect(server.requests).toHaveLength(1);
    expect(seen).toHaveLength(50);
  });

  test("for 50 concurrent cold calls through several middlewares", async () => {
    const { tokens, api, server } = await createWorld();
    const fetches = Array.from({ length: 5 }, () => withClientToken("invoices", { manager: tokens })(fetch));
    await atOnce(50, (call) => fetches[call % 5]!(api));
    expect(server.requests).toHaveLength(1);
  });

  test("for 20 concurrent calls after a revocation", async () => {
    const { invoicesFetch, api, server } = await createWorld();
    await invoicesFetch(api);
    server.revoke();
    const responses = await atOnce(20, () => invoicesFetch(api, { method: "POST", body: "x" }));
    expect(tally(responses.map(({ status }) => status))).toEqual({ 200: 20 });
    expect(server.requests).toHaveLength(2);
  });

  test("for 20 concurrent calls after a revocation, whose 401s come in over 150 ms", async () => {
    const { invoicesFetch, api, server, answerApiAlways } = await createWorld();
    await invoicesFetch(api);
    server.revoke();
    let call = 0;
    answerApiAlways(async (request) => {
      const answer = await server.api(request);
      if (answer.status === 401) await new Promise((resolve) => setTimeout(resolve, 7.5 * call++));
      return answer;
    });
    const responses = await atOnce(20, () => invoicesFetch(api));
    expect(tally(responses.map(({ status }) => status))).toEqual({ 200: 20 });
    expect(server.requests).toHaveLength(2);
  });

  test.each([300, 60, 20, 5])("for 10 calls in a row with expires_in %d", async (seconds) => {
    const { invoicesFetch, api, server } = await createWorld({ response: { expires_in: seconds } });
    const responses = await inARow(10, () => invoicesFetch(api));
    expect(tally(responses.map(({ status }) => status))).toEqual({ 200: 10 });
    expect(server.requests).toHaveLength(1);
  });

  test("for 20 concurrent calls of an endpoint that is down: the retry limit in all, and one error", async () => {
    const { invoices, server, clock } = await createWorld();
    server.answerAlways(() => new Response(null, { status: 503 }));
    const { result } = await letTimePass(
      clock,
      atOnce(20, () => invoices.getToken().catch((error: unknown) => error)),
    );
    const errors = result.status === "fulfilled" ? result.value : [];
    expect(errors).toHaveLength(20);
    expect(new Set(errors).size).toBe(1);
    expect(errors[0]).toMatchObject({ code: "ERR_TOKEN_ENDPOINT_STATUS", status: 503 });
    expect(server.requests.length).toBeLessThanOrEqual(3);
  });

  test("also for waiters of a failed flight that ask again at once", async () => {
    const { invoices, server, clock } = await createWorld();
    server.answerAlways(() => new Response(null, { status: 503 }));
    const twice = async (): Promise<void> => {
      await invoices.getToken().catch(() => {});
      await invoices.getToken().catch(() => {});
    };
    await letTimePass(clock, atOnce(20, twice));
    expect(server.requests.length).toBeLessThanOrEqual(3);
  });
});

test("the second call has the token of the first", async () => {
  const { invoices, server } = await createWorld();
  const first = await invoices.getToken();
  expect(await invoices.getToken()).toBe(first);
  expect(invoices.peekToken()).toBe(first);
  expect(server.requests).toHaveLength(1);
});
