import {
  ConfigurationError,
  configureClientTokens,
  createTokenManager,
  withClientToken,
  type ClientOptions,
  type ManagerOptions,
  type TokenManager,
} from "@client-token/core";
import { describe, expect, test } from "vitest";
import { errorOf, failureOf } from "../support/calls.ts";

const good: ClientOptions = {
  tokenEndpoint: "https://sts.test/token",
  clientId: "id",
  clientSecret: "top-secret",
};

/** Options as they come from untyped places: a file, the environment, JavaScript. */
const build = (client: object, manager: object = {}): TokenManager =>
  createTokenManager({
    clients: { invoices: { ...good, ...client } as ClientOptions },
    ...manager,
  } as ManagerOptions);

function expectConfigurationError(error: Error, message: RegExp): void {
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ name: "ConfigurationError", code: "ERR_TOKEN_CONFIGURATION" });
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("top-secret");
}

describe("a mistake in a client's options is found at construction, and the error says what to change", () => {
  test.each<[what: string, client: object, message: RegExp]>([
    ["no clientId", { clientId: undefined }, /"clientId" of client "invoices" is undefined: give the id/],
    ["an empty clientId", { clientId: "" }, /"clientId" of client "invoices" is empty/],
    ["a clientId that is no text", { clientId: 12 }, /"clientId" of client "invoices" is 12/],
    [
      "a secret that is undefined",
      { clientSecret: undefined },
      /"clientSecret" .* is undefined: .*variable set\?/,
    ],
    ["an empty secret", { clientSecret: "" }, /"clientSecret" .* is empty: .*variable set\?/],
    ["a blank secret", { clientSecret: "  " }, /"clientSecret" .*variable set\?/],
    ["a secret that is null", { clientSecret: null }, /"clientSecret" .* is null/],
    [
      "no tokenEndpoint",
      { tokenEndpoint: undefined },
      /"tokenEndpoint" of client "invoices" is missing: give the URL/,
    ],
    ["a bad URL", { tokenEndpoint: "sts.company.com/token" }, /"tokenEndpoint" .* begin it with https:\/\//],
    ["a relative URL", { tokenEndpoint: "/token" }, /"tokenEndpoint" .* not an absolute URL/],
    [
      "an endpoint without TLS",
      { tokenEndpoint: "http://sts.company.com/token" },
      /"tokenEndpoint" .* is not https/,
    ],
    [
      "an endpoint of another scheme",
      { tokenEndpoint: "ftp://sts.company.com/" },
      /"tokenEndpoint" .* is not https/,
    ],
    ["a credential in the URL", { tokenEndpoint: "https://id:top-secret@sts.test/" }, /user information/],
    ["a fragment in the URL", { tokenEndpoint: "https://sts.test/#a" }, /fragment/],
    [
      "a buffer in milliseconds",
      { cacheLifetimeBuffer: 60_000 },
      /"cacheLifetimeBuffer" .* 60000: it is in seconds/,
    ],
    ["a negative buffer", { cacheLifetimeBuffer: -1 }, /"cacheLifetimeBuffer" .* in seconds/],
    ["a buffer that is NaN", { cacheLifetimeBuffer: Number.NaN }, /"cacheLifetimeBuffer" .* NaN/],
    ["a timeout in seconds", { timeout: 10 }, /"timeout" .* is 10: it is in milliseconds/],
    ["a timeout of text", { timeout: "10s" }, /"timeout" .* in milliseconds/],
    ["an endless timeout", { timeout: Number.POSITIVE_INFINITY }, /"timeout" .* in milliseconds/],
    ["an unknown option", { clientID: "id" }, /"clientID" .* is not an option. Known options: .*clientId/],
    [
      "a style that does not exist",
      { clientCredentialStyle: "basic" },
      /"clientCredentialStyle" .*"post-body"/,
    ],
    [
      "a protocol field as parameter",
      { parameters: { grant_type: "password" } },
      /"parameters.grant_type" .* use the option/,
    ],
    ["a scope as parameter", { parameters: { scope: "a" } }, /"parameters.scope" .* use the option/],
    [
      "a parameter that is no text",
      { parameters: { tenant: 1 } },
      /"parameters.tenant" .* form fields are strings/,
    ],
    ["a bad scope", { scope: 'a"b' }, /"scope" .*RFC 6749 §3.3/],
    ["a scope that is no text", { scope: 1 }, /"scope"/],
    ["a bad resource", { resource: "invoices" }, /"resource" .*RFC 8707 §2/],
    [
      "an httpClientName that nobody gave",
      { httpClientName: "proxy" },
      /"httpClientName" of client "invoices" is "proxy".* the manager has no/,
    ],
    ["an httpClient that is no function", { httpClient: {} }, /"httpClient" .* give a function/],
    [
      "an origin with a path",
      { origins: ["https://api.company.com/v1"] },
      /"origins" .* write https:\/\/api.company.com/,
    ],
    ["an origin that is no URL", { origins: ["api.company.com"] }, /"origins" .* begin it with https/],
    ["a cache of one's own, as it is", { cache: new Map() }, /"cache" .* sharedTokenCache/],
    ["a key prefix with odd characters", { cacheKeyPrefix: "a b" }, /"cacheKeyPrefix"/],
    ["a key prefix that is too long", { cacheKeyPrefix: "a".repeat(65) }, /"cacheKeyPrefix" .* 64/],
    ["a cacheKey that is no function", { cacheKey: "key" }, /"cacheKey" .* give a function/],
  ])("%s", (_, client, message) => {
    expectConfigurationError(
      errorOf(() => build(client)),
      message,
    );
  });

  test("http is fine on loopback, and elsewhere with a switch that nobody sets by accident", () => {
    for (const host of ["localhost:3000", "127.0.0.1:3000", "[::1]:3000"]) {
      expect(() => build({ tokenEndpoint: `http://${host}/token` })).not.toThrow();
    }
    const tokenEndpoint = "http://sts.internal/token";
    expect(() => build({ tokenEndpoint, dangerouslyAllowInsecureTokenEndpoint: true })).not.toThrow();
  });

  test("an httpClientName lists the names that exist", () => {
    const httpClients = { direct: fetch, tunnel: fetch };
    const error = errorOf(() => build({ httpClientName: "proxy" }, { httpClients }));
    expectConfigurationError(error, /the manager has direct, tunnel/);
    expect(() => build({ httpClientName: "tunnel" }, { httpClients })).not.toThrow();
  });

  test("a name of every object is no httpClient", () => {
    const error = errorOf(() => build({ httpClientName: "toString" }, { httpClients: { direct: fetch } }));
    expectConfigurationError(error, /"httpClientName"/);
  });

  test.each([null, 42, "client", []])("options that are %j", (client) => {
    const clients = { invoices: client as unknown as ClientOptions };
    expectConfigurationError(
      errorOf(() => createTokenManager({ clients })),
      /client "invoices" are .*give an object/,
    );
  });
});

describe("so is a mistake in the manager's options", () => {
  test.each<[what: string, manager: object, message: RegExp]>([
    [
      "a buffer in milliseconds",
      { cacheLifetimeBuffer: 60_000 },
      /"cacheLifetimeBuffer" of the token manager .* seconds/,
    ],
    ["a timeout in seconds", { timeout: 10 }, /"timeout" of the token manager .* milliseconds/],
    ["an unknown option", { cacheLifetime: 60 }, /"cacheLifetime" of the token manager is not an option/],
    ["maxKeys: 0", { maxKeys: 0 }, /"maxKeys"/],
    ["an onEvent that is no function", { onEvent: {} }, /"onEvent" .* give a function/],
    ["an httpClient that is no function", { httpClient: "fetch" }, /"httpClient" .* give a function/],
    ["a resolveClient that is no function", { resolveClient: {} }, /"resolveClient" .* give a function/],
  ])("%s", (_, manager, message) => {
    expectConfigurationError(
      errorOf(() => build({}, manager)),
      message,
    );
  });
});

describe("an unknown client", () => {
  test("is an error that lists the known ones", async () => {
    const tokens = createTokenManager<string>({ clients: { invoices: good, payments: good } });
    const message = /"invoises" is not a client of this token manager: it has invoices, payments/;
    expectConfigurationError(
      errorOf(() => tokens.client("invoises")),
      message,
    );
    expectConfigurationError(await failureOf(tokens.getToken("invoises")), message);
    expectConfigurationError(await failureOf(tokens.deleteToken("invoises")), message);
    expectConfigurationError(await failureOf(tokens.warmUp("invoices", "invoises")), message);
  });

  test("is found when a request is made, and the request is not sent", async () => {
    const manager = createTokenManager<string>({ clients: { invoices: good } });
    let sent = 0;
    const next = async (): Promise<Response> => new Response(String(sent++));
    const error = await failureOf(withClientToken("invoises", { manager })(next)("https://api.test/"));
    expectConfigurationError(error, /it has invoices/);
    expect(sent).toBe(0);
  });

  test("of a manager without any says so", () => {
    expectConfigurationError(
      errorOf(() => createTokenManager<string>({}).client("any")),
      /none, add some to clients/,
    );
  });

  test.each(["toString", "__proto__", "constructor", ""])("named %j is unknown as well", (name) => {
    const tokens = createTokenManager<string>({ clients: { invoices: good } });
    expectConfigurationError(
      errorOf(() => tokens.client(name)),
      /is not a client/,
    );
  });
});

test("a mistake in what a call asks for names the client", async () => {
  const tokens = build({});
  const error = await failureOf(tokens.getToken("invoices", { scope: 'a"b' }));
  expectConfigurationError(error, /"scope" of client "invoices"/);
});

test("a second configureClientTokens is an error that says what to do", async () => {
  const tokens = configureClientTokens({ clients: {} });
  expectConfigurationError(
    errorOf(() => configureClientTokens({ clients: {} })),
    /called before: close .* replace: true/,
  );
  await tokens.close();
  expect(() => configureClientTokens({ clients: {} })).not.toThrow();
});
