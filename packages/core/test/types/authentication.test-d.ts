import {
  clientSecretJwt,
  createTokenManager,
  privateKeyJwt,
  type ClientAssertion,
  type ClientOptions,
} from "@client-token/core";
import { assertionFromEnv, assertionFromFile } from "@client-token/core/node";
import { generateKeyPair, type JWK } from "jose";
import { expectTypeOf, test } from "vitest";

const server = { tokenEndpoint: "https://sts.test/", clientId: "id" };

test("what makes assertions takes keys, and environment variables as they are typed", () => {
  const variable = process.env["INVOICES"];
  expectTypeOf(privateKeyJwt({ key: variable, algorithm: "ES256" })).toEqualTypeOf<ClientAssertion>();
  expectTypeOf(clientSecretJwt(variable)).toEqualTypeOf<ClientAssertion>();
  expectTypeOf(assertionFromFile(variable)).toEqualTypeOf<ClientAssertion>();
  expectTypeOf(assertionFromEnv("INVOICES")).toEqualTypeOf<ClientAssertion>();
});

test("keys of jose, of WebCrypto and of services are keys", () => {
  const ofJose = (jwk: JWK): ClientAssertion => privateKeyJwt({ key: jwk, algorithm: "RS256" });
  const ofWebCrypto = (jwk: JsonWebKey, key: CryptoKey): readonly ClientAssertion[] => [
    privateKeyJwt({ key: jwk, algorithm: "RS256" }),
    privateKeyJwt({ key, algorithm: "RS256" }),
  ];
  const made = async (): Promise<ClientAssertion> =>
    privateKeyJwt({ key: (await generateKeyPair("EdDSA")).privateKey, algorithm: "EdDSA" });
  const ofService = privateKeyJwt({ key: { sign: (data) => Promise.resolve(data) }, algorithm: "PS256" });
  expectTypeOf([ofJose, ofWebCrypto, made]).toBeArray();
  expectTypeOf(ofService).toEqualTypeOf<ClientAssertion>();
});

test("a mistake is a compile error", () => {
  // @ts-expect-error: an algorithm of secrets
  privateKeyJwt({ key: "", algorithm: "HS256" });
  // @ts-expect-error: an algorithm of keys
  clientSecretJwt("", { algorithm: "RS256" });
  // @ts-expect-error: no algorithm
  privateKeyJwt({ key: "" });
  // @ts-expect-error: an assertion that never changes
  createTokenManager({ clients: { bad: { ...server, clientAssertion: "a.b.c" } } });
  // @ts-expect-error: neither endpoint nor issuer
  createTokenManager({ clients: { bad: { clientId: "id" } } });
  // @ts-expect-error: the certificate is the HTTP client's
  createTokenManager({ clients: { bad: { ...server, mutualTls: { cert: "" } } } });
  expectTypeOf(createTokenManager({ clients: { good: { ...server, mutualTls: {} } } })).toBeObject();
});

test("a client has an endpoint or an issuer", () => {
  expectTypeOf(server).toExtend<ClientOptions>();
  expectTypeOf<{ issuer: URL; clientId: string }>().toExtend<ClientOptions>();
  expectTypeOf<{ clientId: string }>().not.toExtend<ClientOptions>();
});
