import { isTokenError, TokenError } from "@client-token/core";
import { serve } from "@client-token/core/testing/node";
import { describe, expect, test } from "vitest";
import { failureOf } from "../support/calls.ts";
import { eventually, letTimePass } from "../support/time.ts";
import { createWorld, type World } from "../support/world.ts";

/** The error of a call, with all tries and pauses that it takes. */
async function errorOfCall({ clock, invoices }: World): Promise<Error> {
  const { result } = await letTimePass(clock, failureOf(invoices.getToken()));
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

async function errorFor(answer: () => Response | Promise<Response>): Promise<Error> {
  const world = await createWorld();
  world.server.answerAlways(answer);
  return errorOfCall(world);
}

const html = (status: number): Response =>
  new Response("<html><body>Bad gateway</body></html>", { status, headers: { "content-type": "text/html" } });
const refusal = (status: number, error = "invalid_client", headers = {}): Response =>
  Response.json({ error, error_description: "no such client" }, { status, headers });

describe("a refused credential", () => {
  test.each<[what: string, answer: () => Response]>([
    ["400", () => refusal(400)],
    ["401 without a challenge", () => refusal(401)],
    [
      "401 with a challenge",
      () => refusal(401, "invalid_client", { "www-authenticate": 'Basic realm="sts"' }),
    ],
    [
      "401 with a bearer challenge",
      () => refusal(401, "invalid_client", { "www-authenticate": 'Bearer error="invalid_token"' }),
    ],
    [
      "400 as text/plain",
      () => new Response('{"error":"invalid_client","error_description":"no such client"}', { status: 400 }),
    ],
  ])("%s: the server's own error, and where to look", async (_, answer) => {
    const error = await errorFor(answer);
    expect(error).toMatchObject({
      name: "TokenEndpointError",
      code: "ERR_TOKEN_REFUSED",
      client: "invoices",
      error: "invalid_client",
      errorDescription: "no such client",
    });
    expect(error.message).toMatch(/^Client "invoices": .*invalid_client.*clientSecret/);
  });

  test("a 401 without words is still told from an outage", async () => {
    const error = await errorFor(() => new Response(null, { status: 401 }));
    expect(error).toMatchObject({ code: "ERR_TOKEN_ENDPOINT_STATUS", status: 401 });
    expect(error.message).toMatch(/check clientId, clientSecret/);
  });

  test.each([
    ["invalid_scope", /check scope/],
    ["invalid_target", /check resource/],
    ["unauthorized_client", /client_credentials grant/],
  ])("%s has its own hint", async (code, hint) => {
    const error = await errorFor(() => refusal(400, code));
    expect(error).toMatchObject({ code: "ERR_TOKEN_REFUSED", error: code, status: 400 });
    expect(error.message).toMatch(hint);
  });
});

describe("an answer that is no token", () => {
  test.each<[what: string, answer: () => Response, expected: object, message: RegExp]>([
    [
      "HTML with 200",
      () => html(200),
      { code: "ERR_TOKEN_RESPONSE_MALFORMED", status: 200 },
      /text\/html.*proxy/,
    ],
    ["HTML with 502", () => html(502), { code: "ERR_TOKEN_ENDPOINT_STATUS", status: 502 }, /502/],
    [
      "HTML with 404",
      () => html(404),
      { code: "ERR_TOKEN_ENDPOINT_STATUS", status: 404 },
      /check tokenEndpoint/,
    ],
    ["rubbish", () => new Response("%&/()"), { code: "ERR_TOKEN_RESPONSE_MALFORMED" }, /not JSON/],
    ["nothing", () => new Response(null), { code: "ERR_TOKEN_RESPONSE_MALFORMED" }, /not JSON/],
    [
      "truncated JSON",
      () => new Response('{"access_token":"abc'),
      { code: "ERR_TOKEN_RESPONSE_MALFORMED" },
      /not JSON/,
    ],
    [
      "JSON that is no object",
      () => Response.json("token"),
      { code: "ERR_TOKEN_RESPONSE_MALFORMED" },
      /not JSON/,
    ],
    ["null", () => Response.json(null), { code: "ERR_TOKEN_RESPONSE_MALFORMED" }, /not JSON/],
    [
      "an empty object",
      () => Response.json({}),
      { code: "ERR_TOKEN_RESPONSE_INCOMPLETE" },
      /no usable access_token/,
    ],
    [
      "an array",
      () => Response.json([]),
      { code: "ERR_TOKEN_RESPONSE_INCOMPLETE" },
      /no usable access_token/,
    ],
    [
      "an empty token",
      () => Response.json({ access_token: "" }),
      { code: "ERR_TOKEN_RESPONSE_INCOMPLETE" },
      /access_token/,
    ],
    [
      "a token of a number",
      () => Response.json({ access_token: 7 }),
      { code: "ERR_TOKEN_RESPONSE_INCOMPLETE" },
      /access_token/,
    ],
    [
      "a token with a line break",
      () => Response.json({ access_token: "a\r\nb: c" }),
      { code: "ERR_TOKEN_RESPONSE_INCOMPLETE" },
      /access_token/,
    ],
    [
      "a DPoP token",
      () => Response.json({ access_token: "t", token_type: "DPoP" }),
      { code: "ERR_TOKEN_RESPONSE_TYPE" },
      /not a bearer token/,
    ],
    [
      "a token type of a number",
      () => Response.json({ access_token: "t", token_type: 1 }),
      { code: "ERR_TOKEN_RESPONSE_TYPE" },
      /bearer/,
    ],
    [
      "more than 1 MiB",
      () => Response.json({ access_token: "t", x: "x".repeat(1024 * 1024) }),
      { code: "ERR_TOKEN_RESPONSE_TOO_LARGE" },
      /1 MiB/,
    ],
    [
      "an error with 200",
      () => Response.json({ error: "invalid_scope" }),
      { code: "ERR_TOKEN_REFUSED", error: "invalid_scope" },
      /check scope/,
    ],
    [
      "503",
      () => new Response("later", { status: 503 }),
      { code: "ERR_TOKEN_ENDPOINT_STATUS", status: 503 },
      /503/,
    ],
    [
      "429",
      () => new Response("slower", { status: 429, headers: { "retry-after": "1" } }),
      { code: "ERR_TOKEN_ENDPOINT_STATUS", status: 429, retryAfter: 1000 },
      /429/,
    ],
  ])("%s", async (_, answer, expected, message) => {
    const error = await errorFor(answer);
    expect(error).toMatchObject({ client: "invoices", ...expected });
    expect(error.message).toMatch(message);
    expect(error).toBeInstanceOf(TokenError);
    expect(isTokenError(error)).toBe(true);
  });

  test("an endless answer is not read to its end", async () => {
    let pieces = 0;
    const endless = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
      new ReadableStream({
        async pull(controller) {
          pieces++;
          controller.enqueue(new Uint8Array(65_536).fill(120));
          await new Promise((resolve) => setTimeout(resolve, 0));
        },
      });
    const world = await createWorld({
      manager: { httpClient: async () => new Response(endless()) },
    });
    expect(await failureOf(world.invoices.getToken())).toMatchObject({
      code: "ERR_TOKEN_RESPONSE_TOO_LARGE",
    });
    expect(pieces).toBeLessThan(25);
  });

  test("a redirect is not followed, since the credential would go along", async () => {
    const world = await createWorld();
    world.server.answerAlways(() => Response.redirect(`${world.api}/elsewhere`, 302));
    const error = await errorOfCall(world);

    expect(error).toMatchObject({ code: "ERR_TOKEN_ENDPOINT_STATUS", status: 302 });
    expect(error.message).toMatch(/redirects are not followed, give the final URL/);
    expect(world.seen).toHaveLength(0);
    expect(world.server.requests).toHaveLength(1);
  });
});

describe("no answer", () => {
  test("an unreachable server: with the network's own reason as cause", async () => {
    const gone = await serve(async () => new Response());
    await gone.close();
    const world = await createWorld({ client: { tokenEndpoint: `${gone.url}/token` } });
    const error = await errorOfCall(world);

    expect(error).toMatchObject({ name: "TokenRequestError", code: "ERR_TOKEN_REQUEST_UNREACHABLE" });
    expect(error.message).toContain(`${gone.url}/token`);
    expect(error.cause).toMatchObject({ message: "fetch failed", cause: { code: "ECONNREFUSED" } });
  });

  test("a connection that breaks off in the middle of the answer", async () => {
    const broken = (): Response =>
      new Response(
        new ReadableStream<Uint8Array<ArrayBuffer>>({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('{"access_token":"abc'));
            setTimeout(() => controller.error(new Error("broken")), 5);
          },
        }),
      );
    const error = await errorFor(broken);
    expect(error).toMatchObject({ code: "ERR_TOKEN_REQUEST_UNREACHABLE" });
    expect(error.cause).toBeInstanceOf(Error);
  });

  test("a server that accepts and never answers: a time-out within timeout, after one try", async () => {
    const world = await createWorld({ client: { timeout: 3000 } });
    world.server.answerAlways(() => new Promise<Response>(() => {}));
    const { result, took } = await letTimePass(world.clock, failureOf(world.invoices.getToken()), 500);

    expect(result).toMatchObject({
      value: { name: "TokenRequestError", code: "ERR_TOKEN_REQUEST_TIMEOUT", client: "invoices" },
    });
    expect(took).toBeGreaterThanOrEqual(3000);
    expect(took).toBeLessThanOrEqual(3500);
    expect(world.server.requests).toHaveLength(1);
  });

  test("a body that begins and never ends: a time-out as well", async () => {
    const world = await createWorld({ client: { timeout: 3000 } });
    world.server.answerAlways(
      () =>
        new Response(
          new ReadableStream<Uint8Array<ArrayBuffer>>({
            start: (controller) => controller.enqueue(new TextEncoder().encode('{"access_token":')),
          }),
        ),
    );
    const work = failureOf(world.invoices.getToken());
    await eventually(() => expect(world.server.requests).toHaveLength(1));
    const { result, took } = await letTimePass(world.clock, work, 500);
    expect(result).toMatchObject({ value: { code: "ERR_TOKEN_REQUEST_TIMEOUT" } });
    expect(took).toBeLessThanOrEqual(3500);
  });

  test("an httpClient that ignores its signal and never settles: a time-out as well", async () => {
    const world = await createWorld({
      client: { timeout: 3000, httpClient: () => new Promise<Response>(() => {}) },
    });
    const { result, took } = await letTimePass(world.clock, failureOf(world.invoices.getToken()), 500);
    expect(result).toMatchObject({ value: { code: "ERR_TOKEN_REQUEST_TIMEOUT" } });
    expect(took).toBeLessThanOrEqual(3500);
  });

  test("a credential function that never settles: a time-out as well", async () => {
    const world = await createWorld({
      client: { timeout: 3000, clientSecret: () => new Promise<string>(() => {}) },
    });
    const { result, took } = await letTimePass(world.clock, failureOf(world.invoices.getToken()), 500);
    expect(result).toMatchObject({ value: { code: "ERR_TOKEN_REQUEST_TIMEOUT" } });
    expect(took).toBeLessThanOrEqual(3500);
  });
});

describe("a credential that cannot be had", () => {
  test.each<[what: string, clientSecret: () => string | Promise<string>]>([
    [
      "a function that throws",
      () => {
        throw new Error("vault sealed");
      },
    ],
    ["a function that rejects", () => Promise.reject(new Error("vault sealed"))],
  ])("%s", async (_, clientSecret) => {
    const { invoices, server } = await createWorld({ client: { clientSecret } });
    const error = await failureOf(invoices.getToken());
    expect(error).toMatchObject({ code: "ERR_TOKEN_CREDENTIAL", cause: { message: "vault sealed" } });
    expect(server.requests).toHaveLength(0);
  });

  test("a function that gives nothing", async () => {
    const { invoices, server } = await createWorld({ client: { clientSecret: () => "" } });
    expect(await failureOf(invoices.getToken())).toMatchObject({ code: "ERR_TOKEN_CREDENTIAL" });
    expect(server.requests).toHaveLength(0);
  });
});

test("each kind of failure has a code of its own", async () => {
  const codes = await Promise.all(
    [() => refusal(400), () => html(502), () => html(200), () => Response.json({})].map(async (answer) => {
      const error = await errorFor(answer);
      return isTokenError(error) ? error.code : "";
    }),
  );
  expect(new Set(codes).size).toBe(4);
});
