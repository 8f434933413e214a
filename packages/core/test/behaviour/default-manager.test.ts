import { configureClientTokens, createTokenManager, withClientToken } from "@client-token/core";
import { afterEach, describe, expect, test } from "vitest";
import { failureOf } from "../support/calls.ts";
import { createWorld } from "../support/world.ts";

const place = Symbol.for("@client-token/core.default-manager");
afterEach(() => {
  Reflect.deleteProperty(globalThis, place);
});

describe("configureClientTokens installs the process-wide manager", () => {
  test("which serves names", async () => {
    const { options, api, server } = await createWorld();
    const tokens = configureClientTokens({ clients: { invoices: options } });
    expect((await withClientToken("invoices")(fetch)(api)).status).toBe(200);
    await tokens.getToken("invoices");
    expect(server.requests).toHaveLength(1);
  });

  test("once: a second call is an error", () => {
    configureClientTokens({ clients: {} });
    expect(() => configureClientTokens({ clients: {} })).toThrow(/called before/);
  });

  test("a call with a mistake installs nothing", async () => {
    const { options } = await createWorld();
    expect(() => configureClientTokens({ clients: { a: { ...options, clientId: "" } } })).toThrow(/clientId/);
    expect(() => configureClientTokens({ clients: {} })).not.toThrow();
  });

  test("again after the first was closed", async () => {
    const { options, api } = await createWorld();
    const invoicesFetch = withClientToken("invoices")(fetch);
    const first = configureClientTokens({ clients: { invoices: options } });
    await invoicesFetch(api);
    await first.close();
    expect(await failureOf(invoicesFetch(api))).toMatchObject({ code: "ERR_TOKEN_MANAGER_CLOSED" });

    configureClientTokens({ clients: { invoices: options } });
    expect((await invoicesFetch(api)).status).toBe(200);
  });

  test("with replace: names are served by the newest, and the old one works on for whoever holds it", async () => {
    const { options, api, seen, server } = await createWorld();
    const invoicesFetch = withClientToken("invoices")(fetch);
    const first = configureClientTokens({ clients: { invoices: options } });
    const held = withClientToken(first.client("invoices"))(fetch);
    await invoicesFetch(api);
    const second = configureClientTokens({ clients: { invoices: options }, replace: true });
    await invoicesFetch(api);
    await held(api);

    const [ofFirst, ofSecond] = server.issued.map((token) => `Bearer ${token}`);
    expect(seen.map(({ authorization }) => authorization)).toEqual([ofFirst, ofSecond, ofFirst]);
    expect((await second.getToken("invoices")).authorization).toBe(ofSecond);
  });

  test("a manager of one's own is not the default", async () => {
    const { options, api } = await createWorld();
    createTokenManager({ clients: { invoices: options } });
    expect(await failureOf(withClientToken("invoices")(fetch)(api))).toMatchObject({
      code: "ERR_TOKEN_CONFIGURATION",
    });
  });

  test("options.manager wins over it", async () => {
    const { options, tokens, api, server } = await createWorld();
    configureClientTokens({ clients: { invoices: { ...options, tokenEndpoint: "http://127.0.0.1:1/" } } });
    expect((await withClientToken("invoices", { manager: tokens })(fetch)(api)).status).toBe(200);
    expect(server.requests).toHaveLength(1);
  });
});

test("two copies of the package agree on the default manager, on handles and on errors", async () => {
  const { options, api } = await createWorld();
  const { vi } = await import("vitest");
  vi.resetModules();
  const copy = await import("@client-token/core");
  expect(copy.withClientToken).not.toBe(withClientToken);

  const tokens = configureClientTokens({ clients: { invoices: options } });
  expect(() => copy.configureClientTokens({ clients: {} })).toThrow(/called before/);
  expect((await copy.withClientToken("invoices")(fetch)(api)).status).toBe(200);
  expect((await copy.withClientToken(tokens.client("invoices"))(fetch)(api)).status).toBe(200);

  const strict = createTokenManager({ clients: { invoices: options }, strictOrigins: true });
  const error = await failureOf(
    copy.withClientToken(strict.client("invoices"))(fetch)("https://other.test/"),
  );
  const { isTokenError } = await import("@client-token/core");
  expect(isTokenError(error)).toBe(true);
});
