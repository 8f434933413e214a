import { generateKeyPairSync, sign, type KeyPairKeyObjectResult } from "node:crypto";
import { privateKeyJwt, type PrivateKey, type SigningAlgorithm } from "@client-token/core";
import { dpop } from "@client-token/core/dpop";
import {
  startAuthorizationServer,
  type AuthorizationServerOptions,
} from "../../../packages/core/test/support/authorization-server.ts";
import { signed } from "./certificate-methods.ts";
import type { Method, Registration } from "./method.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const strangeRsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** A key of the same kind that the client does not have. */
function strangerTo({ privateKey }: KeyPairKeyObjectResult): KeyPairKeyObjectResult {
  const { asymmetricKeyType: type } = privateKey;
  if (type === "rsa") return strangeRsa;
  return type === "ec" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
}

const pemOf = ({ privateKey }: KeyPairKeyObjectResult): string =>
  privateKey.export({ format: "pem", type: "pkcs8" }).toString();

function privateKeyMethod(
  form: string,
  algorithm: SigningAlgorithm,
  pair: KeyPairKeyObjectResult,
  key: PrivateKey,
  more: Partial<Method> & {
    readonly server?: AuthorizationServerOptions;
    readonly registration?: Registration;
  } = {},
): Method {
  const { server, registration, ...rest } = more;
  return {
    name: `private_key_jwt, ${algorithm} ${form}`,
    proofs: ["client_assertion"],
    options: { clientAssertion: privateKeyJwt({ key, algorithm, keyId: "2030-01" }) },
    algorithm,
    start: (knowing) => {
      const { publicKey } = knowing === "this" ? pair : strangerTo(pair);
      return startAuthorizationServer(
        () => ({
          token_endpoint_auth_method: "private_key_jwt",
          token_endpoint_auth_signing_alg: algorithm,
          jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "2030-01", use: "sig" }] },
          ...registration,
        }),
        server,
      );
    },
    secrets: [pemOf(pair)],
    ...rest,
  };
}

export const privateKeyMethods: readonly Method[] = [
  privateKeyMethod("by PEM", "RS256", rsa, pemOf(rsa)),
  privateKeyMethod("by a JWK", "PS256", rsa, rsa.privateKey.export({ format: "jwk" })),
  privateKeyMethod(
    "by a CryptoKey",
    "ES256",
    ec,
    await crypto.subtle.importKey(
      "pkcs8",
      new Uint8Array(ec.privateKey.export({ format: "der", type: "pkcs8" })),
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      ["sign"],
    ),
  ),
  privateKeyMethod("by a signer", "EdDSA", ed, {
    sign: (data) => new Uint8Array(sign(null, data, ed.privateKey)),
  }),
  privateKeyMethod("by a JWK", "Ed25519", ed, ed.privateKey.export({ format: "jwk" })),
  privateKeyMethod("for an issuer", "ES256", ec, pemOf(ec), { discovered: true }),
  privateKeyMethod("beside a certificate", "ES256", ec, pemOf(ec), {
    name: "private_key_jwt, and a certificate",
    proofs: ["client_assertion", "certificate"],
    options: {
      clientAssertion: privateKeyJwt({ key: pemOf(ec), algorithm: "ES256" }),
      mutualTls: { thumbprint: signed.thumbprint },
    },
    certificate: signed,
    server: { scheme: "https" },
    registration: { tls_client_certificate_bound_access_tokens: true },
    secrets: [pemOf(ec), signed.key],
  }),
  privateKeyMethod("with DPoP, nonces", "ES256", ec, pemOf(ec), {
    options: { clientAssertion: privateKeyJwt({ key: pemOf(ec), algorithm: "ES256" }), dpop: dpop() },
    nonces: true,
    server: { nonces: true },
    registration: { dpop_bound_access_tokens: true },
  }),
];
