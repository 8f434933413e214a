import { generateKeyPairSync } from "node:crypto";
import {
  ConfigurationError,
  createTokenManager,
  isTokenError,
  privateKeyJwt,
  type ClientOptions,
} from "@client-token/core";
import { describe, expect, test } from "vitest";
import { errorOf, failureOf } from "../../packages/core/test/support/calls.ts";
import { createCertificate } from "../../packages/core/test/support/certificates.ts";
import { startTlsEndpoint } from "../../packages/core/test/support/tls.ts";
import { startApi } from "./support/api.ts";
import { drivers } from "./support/drivers.ts";
import { authority, listen } from "../../packages/core/test/support/listener.ts";
import { secureFetch } from "./support/secure-fetch.ts";
import { createWorld, type Place } from "./support/world.ts";

const { privateKey: rsaKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const { privateKey: ecKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = rsaKey.export({ format: "pem", type: "pkcs8" }).toString();
const tokenEndpoint = "https://127.0.0.1:9/token";

describe("a mistake in the options is an error at construction", () => {
  test.each<[what: string, create: () => unknown, message: RegExp]>([
    [
      "a key of an older PEM form",
      () =>
        privateKeyJwt({
          key: rsaKey.export({ format: "pem", type: "pkcs1" }).toString(),
          algorithm: "RS256",
        }),
      /"key" of privateKeyJwt is PEM that is not PKCS#8 .*: convert it with "openssl pkey/,
    ],
    [
      "half a key",
      () => privateKeyJwt({ key: rsa.slice(0, 400), algorithm: "RS256" }),
      /"key" of privateKeyJwt is PEM that is not whole: give it as it is in its file/,
    ],
    [
      "the public key",
      () => privateKeyJwt({ key: publicKey.export({ format: "jwk" }), algorithm: "ES256" }),
      /"key" of privateKeyJwt is a public key, without a member d: give the private one/,
    ],
    [
      "the algorithm of another key",
      () => privateKeyJwt({ key: ecKey.export({ format: "jwk" }), algorithm: "RS256" }),
      /"key" of privateKeyJwt is EC P-256, and RS256 needs RSA: give the algorithm of the key/,
    ],
    [
      "two ways to prove who the client is",
      () =>
        createTokenManager({
          clients: {
            invoices: {
              tokenEndpoint,
              clientId: "invoices",
              clientSecret: "s3cret",
              clientAssertion: privateKeyJwt({ key: rsa, algorithm: "RS256" }),
            },
          },
        }),
      /"clientAssertion" of client "invoices" stands beside clientSecret, .*: leave one out/,
    ],
    [
      "issuer and token endpoint",
      () =>
        createTokenManager({
          clients: { invoices: { tokenEndpoint, issuer: "https://sts.test", clientId: "invoices" } },
        }),
      /"issuer" of client "invoices" stands beside tokenEndpoint, .*: leave one out/,
    ],
  ])("%s", (_, create, message) => {
    const error = errorOf(create);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(message);
  });
});

/** What goes wrong when a token is asked for. */
interface Failure {
  readonly what: string;
  readonly setUp: () => Promise<{ readonly place: Place; readonly client?: Partial<ClientOptions> }>;
  readonly code: string;
  readonly message: RegExp;
}

/** An issuer with these metadata. */
async function startIssuer(metadata: (issuer: string) => object): Promise<string> {
  const { origin, answer } = await listen("http");
  answer(async (_request, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify(metadata(origin)));
  });
  return origin;
}

const failures: readonly Failure[] = [
  {
    what: "a malformed key",
    setUp: async () => ({
      place: { tokenEndpoint },
      client: { clientAssertion: privateKeyJwt({ key: async () => "not a key", algorithm: "ES256" }) },
    }),
    code: "ERR_TOKEN_CREDENTIAL",
    message: /the key of privateKeyJwt is no PEM, which has -----BEGIN PRIVATE KEY----- in it/,
  },
  {
    what: "a key of another algorithm",
    setUp: async () => ({
      place: { tokenEndpoint },
      client: { clientAssertion: privateKeyJwt({ key: rsa, algorithm: "ES256" }) },
    }),
    code: "ERR_TOKEN_CREDENTIAL",
    message:
      /the key of privateKeyJwt could not sign ES256, .*: check that it is whole, and for that algorithm/,
  },
  {
    what: "a client's certificate that has expired",
    async setUp() {
      const { url } = await startTlsEndpoint(createCertificate("server", { issuer: authority }), authority);
      const notAfter = new Date(Date.now() - 60_000);
      const certificate = createCertificate("invoices", { issuer: authority, notAfter });
      return {
        place: { tokenEndpoint: url },
        client: { mutualTls: {}, httpClient: secureFetch(certificate), timeout: 3000 },
      };
    },
    code: "ERR_TOKEN_REQUEST_UNREACHABLE",
    message: /\(\w+\): .* the dates, names and issuer of the certificate/,
  },
  {
    what: "a server's certificate that has expired",
    async setUp() {
      const notAfter = new Date(Date.now() - 60_000);
      const { url } = await startTlsEndpoint(createCertificate("server", { issuer: authority, notAfter }));
      return { place: { tokenEndpoint: url }, client: { clientSecret: "s3cret", timeout: 3000 } };
    },
    code: "ERR_TOKEN_REQUEST_UNREACHABLE",
    message: /\(CERT_HAS_EXPIRED\): .* the dates, names and issuer of the certificate/,
  },
  {
    what: "an issuer whose metadata belong to another",
    setUp: async () => ({
      place: {
        issuer: await startIssuer(() => ({ issuer: "https://sts.test", token_endpoint: tokenEndpoint })),
      },
    }),
    code: "ERR_TOKEN_DISCOVERY",
    message: /publishes metadata that are not its own: is the issuer spelt as the server does\?/,
  },
  {
    what: "an issuer that is spelt otherwise in its metadata",
    setUp: async () => ({
      place: {
        issuer: await startIssuer((issuer) => ({ issuer: `${issuer}/`, token_endpoint: `${issuer}/token` })),
      },
    }),
    code: "ERR_TOKEN_DISCOVERY",
    message: /calls itself "http:\/\/127\.0\.0\.1:\d+\/": use that as the issuer/,
  },
  {
    what: "metadata without a token endpoint",
    setUp: async () => ({ place: { issuer: await startIssuer((issuer) => ({ issuer })) } }),
    code: "ERR_TOKEN_DISCOVERY",
    message: /names no token endpoint in its metadata: give the tokenEndpoint instead/,
  },
];

describe("what goes wrong when a token is asked for is a typed error of the call, which is not sent", () => {
  test.each(failures)("$what", async ({ setUp, code, message }) => {
    const { place, client = {} } = await setUp();
    const api = await startApi({ verify: async () => ({}) });
    const errors = await Promise.all(
      drivers.map(({ connect }) => failureOf(connect(createWorld(place, { client }).manager)(api.url))),
    );
    for (const error of errors) {
      expect(isTokenError(error)).toBe(true);
      expect(error).toMatchObject({ code, client: "invoices" });
      expect(error.message).toMatch(message);
    }
    expect(api.answers).toEqual([]);
  });
});
