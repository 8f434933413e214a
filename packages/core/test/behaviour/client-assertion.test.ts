import {
  createTokenManager,
  TokenClientError,
  type ClientAssertion,
  type ClientOptions,
} from "@client-token/core";
import type { SeenTokenRequest } from "@client-token/core/testing";
import { describe, expect, test, vi } from "vitest";
import {
  acceptOnly,
  assertionsSentTo,
  createAuthenticationWorld,
  proofOf,
} from "../support/authentication.ts";
import { atOnce, errorOf, failureOf } from "../support/calls.ts";
import { createInMemoryWorld, tokenEndpoint } from "../support/in-memory.ts";
import { everythingShownBy } from "../support/leaks.ts";
import { eventually, letTimePass } from "../support/time.ts";

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const sent = (assertion: string, type = jwtBearer): Record<string, string> => ({
  client_id: "invoices-app",
  client_assertion: assertion,
  client_assertion_type: type,
});

describe("exactly one way of authentication is sent", () => {
  test("with an assertion, no secret and no header", async () => {
    const { server, invoices } = createAuthenticationWorld({ clientAssertion: () => "a.b.c" });
    await invoices.getToken();
    expect(server.requests.map(proofOf)).toEqual([sent("a.b.c")]);
  });

  test.each(["authorization-header", "authorization-header-raw", "post-body"] as const)(
    "a call's own assertion takes the place of the secret (%s)",
    async (clientCredentialStyle) => {
      const { server, invoices } = createInMemoryWorld({ clientCredentialStyle });
      await invoices.getToken({ clientAssertion: "own" });
      expect(server.requests.map(proofOf)).toEqual([sent("own")]);
    },
  );

  test("a call's own assertion takes the place of the client's", async () => {
    const clientAssertion = vi.fn<ClientAssertion>(() => "configured");
    const { server, invoices } = createAuthenticationWorld({ clientAssertion });
    await invoices.getToken({ clientAssertion: { assertion: "own", type: "urn:type" } });
    expect(server.requests.map(proofOf)).toEqual([sent("own", "urn:type")]);
    expect(clientAssertion).not.toHaveBeenCalled();
  });

  test("a secret beside an assertion is a mistake in the options", () => {
    const client: ClientOptions = {
      tokenEndpoint,
      clientId: "invoices-app",
      clientSecret: "top-secret",
      clientAssertion: () => "a",
    };
    const error = errorOf(() => createTokenManager({ clients: { invoices: client } }));
    expect(error.message).toBe(
      `"clientAssertion" of client "invoices" stands beside clientSecret, and only one of them is sent: leave one out.`,
    );
  });

  test("an assertion that is no function is a mistake in the options", () => {
    const client = { tokenEndpoint, clientId: "id", clientAssertion: "a.b.c" } as unknown as ClientOptions;
    expect(errorOf(() => createTokenManager({ clients: { invoices: client } })).message).toMatch(
      /^"clientAssertion" of client "invoices" .* give a function/,
    );
  });
});

test("the function is told what the assertion is for", async () => {
  const clientAssertion = vi.fn<ClientAssertion>(async () => "a");
  const { clock, invoices } = createAuthenticationWorld({ clientAssertion });
  await invoices.getToken();
  expect(clientAssertion.mock.calls).toEqual([
    [
      {
        client: "invoices",
        clientId: "invoices-app",
        audience: tokenEndpoint,
        tokenEndpoint,
        now: clock.now(),
      },
    ],
  ]);
});

test("each try has an assertion of its own", async () => {
  let count = 0;
  const { server, clock, invoices } = createAuthenticationWorld({
    clientAssertion: async () => ({ assertion: `a${++count}`, credential: "key" }),
  });
  const unavailable = (): Response => new Response(null, { status: 503 });
  server.answerNext(unavailable, unavailable);
  const { result } = await letTimePass(clock, invoices.getToken());
  expect(result.status).toBe("fulfilled");
  expect(assertionsSentTo(server)).toEqual(["a1", "a2", "a3"]);
});

test("50 cold calls need one assertion", async () => {
  const clientAssertion = vi.fn<ClientAssertion>(async () => "a");
  const { server, invoices } = createAuthenticationWorld({ clientAssertion });
  await atOnce(50, () => invoices.getToken());
  expect(clientAssertion).toHaveBeenCalledTimes(1);
  expect(server.requests).toHaveLength(1);
});

describe("a call's own assertion", () => {
  test("is no part of the key: a token that is there serves, whoever got it", async () => {
    const { server, invoices } = createInMemoryWorld();
    const token = await invoices.getToken({ clientAssertion: "own" });
    expect(await invoices.getToken()).toBe(token);
    expect(await invoices.getToken({ clientAssertion: "another" })).toBe(token);
    expect(server.requests).toHaveLength(1);
  });

  test("serves the token request that the call starts, and none that it joins", async () => {
    const { server, invoices, holdNextToken } = createInMemoryWorld();
    const letGo = holdNextToken();
    const first = invoices.getToken();
    const second = invoices.getToken({ clientAssertion: "own" });
    await eventually(() => expect(server.requests).toHaveLength(1));
    letGo();
    expect(await second).toBe(await first);
    expect(assertionsSentTo(server)).toEqual([null]);
  });

  test("serves the renewal that the call starts in the background", async () => {
    const { server, clock, invoices } = createInMemoryWorld();
    await invoices.getToken();
    await clock.advance(3_500_000);
    await invoices.getToken({ clientAssertion: "own" });
    await eventually(() => expect(assertionsSentTo(server)).toEqual([null, "own"]));
  });

  test("that was refused stands in the way of nobody else", async () => {
    const { server, invoices } = createInMemoryWorld();
    acceptOnly(server, ({ form }) => !form.has("client_assertion"));
    const error = await failureOf(invoices.getToken({ clientAssertion: "own" }));
    expect(await failureOf(invoices.getToken({ clientAssertion: "own" }))).toBe(error);
    expect(server.requests).toHaveLength(1);
    await expect(invoices.getToken()).resolves.toMatchObject({ accessToken: "good" });
  });

  test("that is empty is an error of that call", async () => {
    const { server, invoices } = createInMemoryWorld();
    expect(await failureOf(invoices.getToken({ clientAssertion: "" }))).toMatchObject({
      code: "ERR_TOKEN_CREDENTIAL",
      message: `Client "invoices": its clientAssertion is no assertion: give a non-empty string.`,
    });
    expect(server.requests).toHaveLength(0);
  });
});

describe("an assertion that cannot be had is a typed error, and nothing is sent", () => {
  test.each<[what: string, clientAssertion: unknown, message: RegExp]>([
    [
      "an error",
      () => Promise.reject(new Error("sealed")),
      /the clientAssertion function failed, see the cause/,
    ],
    ["nothing", () => undefined, /its clientAssertion is no assertion/],
    ["null", () => null, /its clientAssertion is no assertion/],
    ["an empty text", () => "", /its clientAssertion is no assertion/],
    ["a number", () => 4711, /its clientAssertion is no assertion/],
    ["an object without one", () => ({ type: "x" }), /its clientAssertion is no assertion/],
  ])("%s", async (_, clientAssertion, message) => {
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: clientAssertion as ClientAssertion,
    });
    const error = await failureOf(invoices.getToken());
    expect(error).toBeInstanceOf(TokenClientError);
    expect(error).toMatchObject({ code: "ERR_TOKEN_CREDENTIAL", client: "invoices" });
    expect(error.message).toMatch(message);
    expect(server.requests).toHaveLength(0);
  });

  test("a function that never answers ends with the timeout", async () => {
    const { clock, invoices } = createAuthenticationWorld({
      clientAssertion: () => new Promise<string>(() => {}),
      timeout: 1000,
    });
    const { result, took } = await letTimePass(clock, failureOf(invoices.getToken()));
    expect(result).toMatchObject({ value: { code: "ERR_TOKEN_REQUEST_TIMEOUT" } });
    expect(took).toBeLessThanOrEqual(1100);
  });

  test("while an old token lives, it serves", async () => {
    let works = true;
    const { clock, invoices } = createAuthenticationWorld({
      clientAssertion: () => {
        if (works) return "a";
        throw new Error("sealed");
      },
    });
    const token = await invoices.getToken();
    works = false;
    await clock.advance(3_550_000);
    expect(await invoices.getToken()).toBe(token);
  });
});

describe("no error and no event shows an assertion, whatever it is made of", () => {
  // Not every assertion is a JWT: one of SAML has characters that are encoded on the way.
  const assertion = "PHNhbWw+c2lnbmVk/+==~ &é";
  const forms = [
    assertion,
    encodeURIComponent(assertion),
    new URLSearchParams({ "": assertion }).toString().slice(1),
  ];

  test.each<[by: string, answer: (request: SeenTokenRequest) => Promise<Response>]>([
    [
      "the description of an error",
      async () =>
        Response.json(
          { error: "invalid_client", error_description: `not ${forms.join(" nor ")}` },
          { status: 401 },
        ),
    ],
    ["the error itself", async () => Response.json({ error: forms[0] }, { status: 400 })],
    ["its content type", async () => new Response("x", { headers: { "content-type": `text/${forms[1]}` } })],
    [
      "an HTTP client that fails with its request",
      ({ form }) =>
        Promise.reject(
          Object.assign(new Error(`POST ${String(form)}`), { code: forms[2], config: { form } }),
        ),
    ],
  ])("repeated by %s", async (_, answer) => {
    const { server, clock, events, invoices } = createAuthenticationWorld({
      clientAssertion: () => ({ assertion, credential: "top-secret" }),
    });
    server.answerAlways(answer);
    const { result } = await letTimePass(clock, failureOf(invoices.getToken()));
    const shown = everythingShownBy([result, events, invoices]);
    expect(shown).toContain("[redacted]");
    for (const form of [...forms, "top-secret"]) expect(shown).not.toContain(form);
  });
});
