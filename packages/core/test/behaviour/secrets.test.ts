import {
  createTokenManager,
  sharedTokenCache,
  withClientToken,
  type ClientOptions,
  type Fetch,
} from "@client-token/core";
import { createFakeTokenServer } from "@client-token/core/testing";
import { describe, expect, test } from "vitest";
import { failureOf } from "../support/calls.ts";
import { everythingShownBy, formsOf } from "../support/leaks.ts";
import { letTimePass } from "../support/time.ts";
import { createWorld, secret, type World } from "../support/world.ts";

const marker = "words-of-the-body-4711";
const credential = formsOf("invoices-app", secret);

function expectNothingShown(value: unknown, hidden: readonly string[]): void {
  const shown = everythingShownBy(value);
  for (const text of hidden) expect(shown).not.toContain(text);
}

/** What a call ends in, and every event on the way. */
async function failingCall(world: World): Promise<unknown> {
  const { result } = await letTimePass(world.clock, failureOf(world.invoices.getToken()), 500);
  expect(result.status).toBe("fulfilled");
  expect(world.events.map(({ type }) => type)).toContain("token-failed");
  return [result.status === "fulfilled" ? result.value : undefined, world.events, world.tokens.stats()];
}

test("the search itself finds what is hidden in the usual places", () => {
  const error = new Error("outer", {
    cause: Object.assign(new Error("inner"), { request: { headers: new Headers({ a: secret }) } }),
  });
  expect(everythingShownBy(error)).toContain(secret);
  expect(
    everythingShownBy(Object.defineProperty({}, "hidden", { value: secret, enumerable: false })),
  ).toContain(secret);
  expect(everythingShownBy(new Error(`stack ${secret}`))).toContain(secret);
});

describe("no error and no event shows the credential or the body of the answer", () => {
  // As it was sent, in either style, and as a proxy may have written it.
  const echo = `${marker} ${credential.slice(0, 4).join(" ")}`;
  test.each<[what: string, answer: () => Response]>([
    [
      "a refusal that echoes the credential",
      () =>
        Response.json(
          { error: "invalid_client", error_description: echo.replace(marker, "") },
          { status: 401 },
        ),
    ],
    ["a refusal whose error is the credential", () => Response.json({ error: secret }, { status: 400 })],
    [
      "a refusal with more in its body",
      () => Response.json({ error: "invalid_client", error_uri: echo, hint: echo }, { status: 400 }),
    ],
    [
      "a challenge that echoes the credential",
      () =>
        new Response(echo, {
          status: 401,
          headers: { "www-authenticate": `Basic realm="${credential[3]}"` },
        }),
    ],
    [
      "a redirect that carries the credential on",
      () => new Response(echo, { status: 302, headers: { location: `/next?${encodeURIComponent(echo)}` } }),
    ],
    ["a proxy's page", () => new Response(`<html>${echo}</html>`, { status: 502 })],
    [
      "HTML with 200",
      () => new Response(`<html>${echo}</html>`, { headers: { "content-type": "text/html" } }),
    ],
    ["truncated JSON", () => new Response(`{"access_token":"${echo}`)],
    ["JSON that fails at its beginning", () => new Response(echo)],
    ["no token", () => Response.json({ token: echo })],
    ["a token that is none", () => Response.json({ access_token: `${echo} ` })],
    ["a token of another type", () => Response.json({ access_token: marker, token_type: echo })],
    ["an ended token", () => Response.json({ access_token: marker, expires_in: 0 })],
    ["too long an answer", () => new Response(echo.padEnd(1024 * 1024 + 1))],
  ])("%s", async (_, answer) => {
    for (const clientCredentialStyle of ["authorization-header", "post-body"] as const) {
      const world = await createWorld({ client: { clientCredentialStyle } });
      world.server.answerAlways(answer);
      expectNothingShown(await failingCall(world), [...credential, marker]);
    }
  });

  test("a content type that echoes the credential", async () => {
    const world = await createWorld();
    world.server.answerAlways(
      () => new Response("x", { headers: { "content-type": `text/${credential[1]}` } }),
    );
    expectNothingShown(await failingCall(world), credential);
  });

  test("the server's own words stay readable", async () => {
    const world = await createWorld();
    const description = `secret ${secret} is wrong`;
    world.server.answerAlways(() =>
      Response.json({ error: "invalid_client", error_description: description }, { status: 400 }),
    );
    const error = await failureOf(world.invoices.getToken());
    expect(error.message).toContain("secret [redacted] is wrong");
  });

  test("an httpClient whose error carries the whole request", async () => {
    const httpClient: Fetch = async (input, init) => {
      const headers = new Headers(init?.headers);
      const body = await new Response(init?.body ?? null).text();
      const sent = `POST ${new Request(input).url} ${headers.get("authorization")} ${body} ${secret}`;
      const inner = Object.assign(new Error(sent), { config: { headers, body }, code: "ECONNRESET" });
      throw Object.assign(new Error(sent, { cause: inner }), { request: { init }, errors: [inner] });
    };
    for (const clientCredentialStyle of ["authorization-header", "post-body"] as const) {
      const world = await createWorld({ client: { httpClient, clientCredentialStyle } });
      expectNothingShown(await failingCall(world), credential);
    }
  });

  test("a credential function that fails with its request", async () => {
    const vault = (): never => {
      throw Object.assign(new Error("sealed"), { config: { headers: { "x-vault-token": secret } } });
    };
    const world = await createWorld({ client: { clientSecret: vault } });
    expectNothingShown(await failingCall(world), credential);
  });

  test("a mistake in the options", () => {
    const options = { tokenEndpoint: "nowhere", clientId: "invoices-app", clientSecret: secret };
    const [error] = [options, { ...options, tokenEndpoint: "https://sts.test", clientsecret: secret }].map(
      (client) => {
        try {
          return createTokenManager({ clients: { invoices: client as ClientOptions } });
        } catch (caught) {
          return caught;
        }
      },
    );
    expect(error).toBeInstanceOf(TypeError);
    expectNothingShown(error, credential);
  });
});

describe("a token is shown only to those who ask for it", () => {
  test("not by the AccessToken's own properties, texts or JSON", async () => {
    const { invoices, server } = await createWorld({ client: { scope: "list" } });
    const token = await invoices.getToken();
    const issued = server.issued[0]!;

    expect(token.accessToken).toBe(issued);
    expect(token.authorization).toBe(`Bearer ${issued}`);
    expectNothingShown(token, [issued]);
    expectNothingShown({ token, list: [token] }, [issued]);
    expectNothingShown(Object.assign({}, token), [issued]);
    expectNothingShown(structuredClone({ ...token }), [issued]);
    expect(JSON.parse(JSON.stringify(token))).toEqual({
      tokenType: "Bearer",
      expiresAt: token.expiresAt,
      scope: "list",
      clientId: "invoices-app",
    });
    expect(String(token)).toBe("[Bearer token of invoices-app]");
  });

  test("not by events, statistics, the manager, a handle or a middleware", async () => {
    const world = await createWorld();
    await world.invoicesFetch(world.api);
    world.server.revoke();
    await world.invoicesFetch(world.api);
    await world.invoices.deleteToken();
    const { tokens, invoices, events, invoicesFetch } = world;
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["token-obtained", "token-rejected"]));
    expectNothingShown(
      [tokens, invoices, events, tokens.stats(), invoicesFetch],
      [...world.server.issued, ...credential],
    );
  });

  test("not by the error of a request that goes where its token may not go", async () => {
    const { tokens, invoices, server } = await createWorld({ manager: { strictOrigins: true } });
    await invoices.getToken();
    const error = await failureOf(
      withClientToken("invoices", { manager: tokens })(fetch)("https://other.test/"),
    );
    expectNothingShown(error, [server.issued[0]!, ...credential]);
  });

  test("not by an error of the shared cache that quotes the entry", async () => {
    const server = createFakeTokenServer();
    const events: unknown[] = [];
    const cache = sharedTokenCache({
      get: async () => undefined,
      // As Redis clients do: the command that failed hangs on the error.
      set: (key, entry) =>
        Promise.reject(
          Object.assign(new Error("READONLY"), { command: { args: [key, JSON.stringify(entry)] } }),
        ),
    });
    const tokens = createTokenManager({
      clients: {
        invoices: { tokenEndpoint: "https://sts.test/", clientId: "invoices-app", clientSecret: secret },
      },
      httpClient: (input, init) => server.token(new Request(input, init)),
      cache,
      onEvent: (event) => events.push(event),
    });
    await tokens.getToken("invoices");
    const error = await failureOf(tokens.deleteToken("invoices"));
    await tokens.close();

    expect(events).toContainEqual(expect.objectContaining({ type: "cache-failed", operation: "set" }));
    expectNothingShown([events, error], [server.issued[0]!, ...credential]);
  });
});
