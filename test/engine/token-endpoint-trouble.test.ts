import { describe, expect, test } from "vitest";
import type { Answer } from "@client-token/core/testing";
import { inARow } from "../../packages/core/test/support/calls.ts";
import { drivers } from "./support/drivers.ts";
import { letTimePass } from "./support/traffic.ts";
import { createWorld, never, reasons } from "./support/world.ts";

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  () =>
    new Response(null, { status: code, headers });
const invalidClient =
  (code: number, headers: Record<string, string> = {}): Answer =>
  () =>
    Response.json({ error: "invalid_client" }, { status: code, headers });
const served = { status: "fulfilled", value: 200 };

describe.each(drivers)("trouble at the token endpoint, through $name", (driver) => {
  test("a single 503: the second try serves the call", async () => {
    const world = await createWorld(driver);
    world.server.answerNext(status(503));
    const { result } = await letTimePass(world, world.call());
    expect(result).toEqual(served);
    expect(world.requestedAt).toHaveLength(2);
  });

  test.each([
    ["in seconds", "1"],
    ["as a date", new Date(Date.UTC(2030, 0, 1) + 1000).toUTCString()],
  ])("429 with Retry-After of one second, %s: the second try comes after that", async (_, retryAfter) => {
    const world = await createWorld(driver);
    world.server.answerNext(status(429, { "retry-after": retryAfter }));
    const { result } = await letTimePass(world, world.call());
    expect(result).toEqual(served);
    expect(world.requestedAt).toHaveLength(2);
    const [first = 0, second = 0] = world.requestedAt;
    expect(second - first).toBeGreaterThanOrEqual(990);
  });

  test("503 for good, 20 concurrent calls: three tries in all, one error for all", async () => {
    const world = await createWorld(driver);
    world.server.answerAlways(status(503));
    const calls = Promise.allSettled(Array.from({ length: 20 }, () => world.call()));
    const { result, took } = await letTimePass(world, calls);
    const errors = new Set(reasons(result.status === "fulfilled" ? result.value : []));
    expect([...errors]).toMatchObject([{ code: "ERR_TOKEN_ENDPOINT_STATUS", status: 503 }]);
    expect(world.requestedAt.length).toBeLessThanOrEqual(3);
    expect(took).toBeLessThanOrEqual(10_000);
    expect(world.server.presented).toHaveLength(0);
  });

  test.each([
    ["400", invalidClient(400)],
    ["401", invalidClient(401)],
    ["401 with a challenge", invalidClient(401, { "www-authenticate": 'Basic realm="sts"' })],
  ])("invalid_client with %s, ten calls in a row: one token request", async (_, answer) => {
    const { call, requestedAt, server } = await createWorld(driver);
    server.answerAlways(answer);
    const results = await inARow(10, async () => {
      const [result] = await Promise.allSettled([call()]);
      return result;
    });
    expect(results).toMatchObject(
      Array.from({ length: 10 }, () => ({ reason: { code: "ERR_TOKEN_REFUSED", error: "invalid_client" } })),
    );
    expect(requestedAt).toHaveLength(1);
    expect(server.presented).toHaveLength(0);
  });

  test("an endpoint that accepts and never answers: one token request, a typed error within timeout", async () => {
    const world = await createWorld(driver, { client: { timeout: 3000 } });
    world.holdTokenAnswers(never);
    const { result, took } = await letTimePass(world, world.call());
    expect(result).toMatchObject({ reason: { code: "ERR_TOKEN_REQUEST_TIMEOUT" } });
    expect(took).toBeLessThanOrEqual(3000);
    expect(world.requestedAt).toHaveLength(1);
  });
});
