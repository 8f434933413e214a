import { describe, expect, test } from "vitest";
import { failureOf, inARow } from "../support/calls.ts";
import { letTimePass } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

const status =
  (code: number, headers = {}) =>
  (): Response =>
    new Response(null, { status: code, headers });

describe("transient trouble is retried", () => {
  test.each([
    ["503", status(503)],
    ["500", status(500)],
    ["429", status(429)],
    ["408", status(408)],
    ["a proxy's HTML page", () => new Response("<html>", { headers: { "content-type": "text/html" } })],
  ])("%s once: two requests, and the call succeeds", async (_, answer) => {
    const { clock, invoices, server } = await createWorld();
    server.answerNext(answer);
    const { result } = await letTimePass(clock, invoices.getToken());
    expect(result.status).toBe("fulfilled");
    expect(server.requests).toHaveLength(2);
  });

  test("a network failure once", async () => {
    let calls = 0;
    const { clock, invoices, server } = await createWorld({
      client: {
        httpClient: async (input, init) => {
          if (++calls === 1) throw new TypeError("fetch failed");
          return fetch(input, init);
        },
      },
    });
    const { result } = await letTimePass(clock, invoices.getToken());
    expect(result.status).toBe("fulfilled");
    expect(server.requests).toHaveLength(1);
  });

  test("at most three times", async () => {
    const { clock, invoices, server } = await createWorld();
    server.answerAlways(status(503));
    const { result } = await letTimePass(clock, invoices.getToken());
    expect(result).toMatchObject({ reason: { code: "ERR_TOKEN_ENDPOINT_STATUS", status: 503 } });
    expect(server.requests).toHaveLength(3);
  });

  test("and within the time-out", async () => {
    const { clock, invoices, server } = await createWorld({ client: { timeout: 1000 } });
    server.answerAlways(status(503, { "retry-after": "2" }));
    const { result, took } = await letTimePass(clock, invoices.getToken());
    expect(result).toMatchObject({ reason: { status: 503 } });
    expect(took).toBeLessThanOrEqual(1000);
    expect(server.requests).toHaveLength(1);
  });
});

test.each([400, 401, 403, 404])("a %d is not: the same request would meet it again", async (code) => {
  const { clock, invoices, server } = await createWorld();
  server.answerAlways(status(code));
  await letTimePass(clock, invoices.getToken());
  expect(server.requests).toHaveLength(1);
});

describe("Retry-After is honoured", () => {
  test.each([
    ["seconds", () => "1"],
    ["a date", (now: number) => new Date(now + 1000).toUTCString()],
  ])("as %s", async (_, header) => {
    const { clock, invoices, server } = await createWorld();
    const moments: number[] = [];
    server.answerAlways((request) => {
      moments.push(clock.monotonic());
      if (moments.length > 1) server.answerAlways(undefined);
      return moments.length > 1
        ? Response.json({ access_token: String(request.form.get("grant_type")) })
        : new Response(null, { status: 429, headers: { "retry-after": header(clock.now()) } });
    });
    const { result } = await letTimePass(clock, invoices.getToken(), 30);
    expect(result.status).toBe("fulfilled");
    expect(moments).toHaveLength(2);
    expect(moments[1]! - moments[0]!).toBeGreaterThanOrEqual(990);
  });

  test("by the next calls as well, when it is longer than this one may take", async () => {
    const { clock, invoices, server } = await createWorld();
    server.answerNext(status(503, { "retry-after": "20" }));
    const error = await failureOf(invoices.getToken());
    await clock.advance(19_000);
    expect(await failureOf(invoices.getToken())).toBe(error);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1000);
    await expect(invoices.getToken()).resolves.toBeDefined();
  });
});

describe("a refused credential is remembered briefly", () => {
  test.each([
    ["400", () => Response.json({ error: "invalid_client" }, { status: 400 })],
    ["401", () => Response.json({ error: "invalid_client" }, { status: 401 })],
    [
      "401 with a challenge",
      () =>
        Response.json({ error: "invalid_client" }, { status: 401, headers: { "www-authenticate": "Basic" } }),
    ],
  ])("%s: ten calls in a row, one token request", async (_, answer) => {
    const { invoices, server } = await createWorld();
    server.answerAlways(answer);
    const errors = await inARow(10, () => failureOf(invoices.getToken()));
    expect(new Set(errors).size).toBe(1);
    expect(errors[0]).toMatchObject({ code: "ERR_TOKEN_REFUSED", error: "invalid_client" });
    expect(server.requests).toHaveLength(1);
  });

  test("for 2 s, then 4 s, and so on up to a minute", async () => {
    const { clock, invoices, server } = await createWorld();
    const moments: number[] = [];
    server.answerAlways(() => {
      moments.push(clock.monotonic());
      return Response.json({ error: "invalid_client" }, { status: 400 });
    });
    for (let second = 0; second < 31; second++) {
      await failureOf(invoices.getToken());
      await clock.advance(1000);
    }
    expect(moments).toEqual([0, 2000, 6000, 14_000, 30_000]);
    expect(server.requests).toHaveLength(5);
  });

  test("and the error says until when", async () => {
    const { clock, invoices, server } = await createWorld();
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
    expect(await failureOf(invoices.getToken())).toMatchObject({ retryAt: clock.now() + 2000 });
    await clock.advance(2000);
    const second = await failureOf(invoices.getToken());
    expect(second).toMatchObject({ retryAt: clock.now() + 4000 });
    expect(await failureOf(invoices.getToken({ forceRenewal: true }))).toBe(second);
  });

  test("of one scope says nothing about another", async () => {
    const { invoices, server } = await createWorld();
    server.answerNext(() => Response.json({ error: "invalid_scope" }, { status: 400 }));
    await failureOf(invoices.getToken({ scope: "nothing" }));
    await expect(invoices.getToken({ scope: "list" })).resolves.toBeDefined();
  });

  test("and a rotated secret is tried at once", async () => {
    let current = "old";
    const { invoices, server } = await createWorld({ client: { clientSecret: () => current } });
    server.answerAlways(({ headers }) =>
      headers.get("authorization") === `Basic ${btoa("invoices-app:new")}`
        ? Response.json({ access_token: "t" })
        : Response.json({ error: "invalid_client" }, { status: 401 }),
    );
    await inARow(5, () => failureOf(invoices.getToken()));
    expect(server.requests).toHaveLength(1);
    current = "new";
    await expect(invoices.getToken()).resolves.toMatchObject({ accessToken: "t" });
    expect(server.requests).toHaveLength(2);
  });
});

test("after a failed call the next one starts only after a pause", async () => {
  const { clock, invoices, server } = await createWorld();
  server.answerAlways(status(503));
  await letTimePass(clock, invoices.getToken());
  const after = server.requests.length;
  await inARow(10, () => failureOf(invoices.getToken()));
  expect(server.requests).toHaveLength(after);
  server.answerAlways(undefined);
  await clock.advance(5001);
  await expect(invoices.getToken()).resolves.toBeDefined();
});
