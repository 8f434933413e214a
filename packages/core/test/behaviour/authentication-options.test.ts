import { ConfigurationError, createTokenManager, type ClientOptions } from "@client-token/core";
import { expect, test } from "vitest";
import { errorOf } from "../support/calls.ts";

const endpoint = { tokenEndpoint: "https://sts.test/token" };

/** Options as they come from untyped places. */
const build = (client: object): unknown =>
  createTokenManager({ clients: { invoices: { clientId: "id", ...client } as ClientOptions } });

test.each<[what: string, client: object, message: RegExp]>([
  ["neither endpoint nor issuer", {}, /^"tokenEndpoint" .* is missing: give the URL .*, or the issuer/],
  [
    "an endpoint and an issuer",
    { ...endpoint, issuer: "https://sts.test" },
    /^"issuer" of client "invoices" stands beside tokenEndpoint, .*: leave one out/,
  ],
  ["an issuer that is no URL", { issuer: "sts.test" }, /^"issuer" .* begin it with https:\/\//],
  ["an issuer without TLS", { issuer: "http://sts.test" }, /^"issuer" .* is not https/],
  [
    "an issuer with a credential",
    { issuer: "https://id:top-secret@sts.test" },
    /^"issuer" .* user information/,
  ],
  ["an issuer with a fragment", { issuer: "https://sts.test/#a" }, /^"issuer" .* fragment/],
  [
    "an issuer with a query",
    { issuer: "https://sts.test/?tenant=1" },
    /^"issuer" .* has a query.*RFC 8414 §2/,
  ],
  [
    "a secret that is undefined",
    { ...endpoint, clientSecret: undefined },
    /A client without a secret leaves/,
  ],
  [
    "a style that does not exist",
    { ...endpoint, clientCredentialStyle: "basic" },
    /^"clientCredentialStyle" .* is none of "authorization-header", "authorization-header-raw", "post-body"\.$/,
  ],
  [
    "a dpop of one's own",
    { ...endpoint, dpop: {} },
    /^"dpop" .* was not made by dpop\(\) of @client-token\/core\/dpop/,
  ],
  ["a dpop that is null", { ...endpoint, dpop: null }, /^"dpop" .* was not made by dpop\(\)/],
])(
  "%s is a mistake that is found at construction, and the error says what to change",
  (_, client, message) => {
    const error = errorOf(() => build(client));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("top-secret");
  },
);

test.each([
  { issuer: "https://sts.test" },
  { issuer: new URL("https://sts.test/realms/company") },
  { issuer: "http://localhost:3000" },
  { issuer: "http://sts.internal", dangerouslyAllowInsecureTokenEndpoint: true },
])("%j is fine", (client) => {
  expect(() => build(client)).not.toThrow();
});
