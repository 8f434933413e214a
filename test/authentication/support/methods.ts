import { generateKeyPairSync, randomBytes, sign, type KeyPairKeyObjectResult } from "node:crypto";
import {
  clientSecretJwt,
  privateKeyJwt,
  type ClientOptions,
  type PrivateKey,
  type SigningAlgorithm,
} from "@client-token/core";
import { dpop } from "@client-token/core/dpop";
import { createCertificate, type Certificate } from "../../../packages/core/test/support/certificates.ts";
import {
  startAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type Registration,
  type SeenGrant,
} from "./authorization-server.ts";
import { authority } from "./listener.ts";
import { startRawAuthorizationServer } from "./raw-authorization-server.ts";

/** What can say who sends a token request. */
type Proof = "authorization" | "client_secret" | "client_assertion" | "certificate";

/** One way to prove who the client is. */
export interface Method {
  readonly name: string;
  /** All that each of its token requests says it with. */
  readonly proofs: readonly Proof[];
  readonly options: Partial<ClientOptions>;
  /** What the HTTP clients present over TLS, to the token endpoint and to the API. */
  readonly certificate?: Certificate;
  /** The token endpoint is looked up. */
  readonly discovered?: boolean;
  /** Token endpoint and API ask for nonces, once each. */
  readonly nonces?: boolean;
  /** What the header of an assertion says. */
  readonly algorithm?: SigningAlgorithm | "HS256";
  /** A server that knows the client's credential, or another one. */
  readonly start: (knowing: "this" | "another") => Promise<AuthorizationServer>;
  /** What may be shown to nobody. */
  readonly secrets: readonly string[];
}

/** What said who sent a token request. */
export function proofsIn({ authorization, fields, certificate }: SeenGrant): Proof[] {
  const sent = { authorization, ...fields, certificate };
  const all = ["authorization", "client_secret", "client_assertion", "certificate"] as const;
  return all.filter((proof) => proof in sent && Reflect.get(sent, proof) !== undefined);
}

const secret = "s3cret: +%2F/&=~ of more than 32 bytes";
const another = randomBytes(32).toString("hex");

function sharedSecret(
  name: string,
  method: "client_secret_basic" | "client_secret_post" | "client_secret_jwt",
  proof: Proof,
  options: Partial<ClientOptions>,
): Method {
  return {
    name,
    proofs: [proof],
    options,
    ...(method === "client_secret_jwt" && { algorithm: "HS256" }),
    start: (knowing) =>
      startAuthorizationServer(() => ({
        token_endpoint_auth_method: method,
        client_secret: knowing === "this" ? secret : another,
      })),
    secrets: [secret],
  };
}

const raw = "schlüssel: +%2F";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const strangers = {
  RS: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  Ed: generateKeyPairSync("ed25519"),
};

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
  const stranger = algorithm.startsWith("E")
    ? algorithm.startsWith("ES")
      ? strangers.ES
      : strangers.Ed
    : strangers.RS;
  return {
    name: `private_key_jwt, ${algorithm} ${form}`,
    proofs: ["client_assertion"],
    options: { clientAssertion: privateKeyJwt({ key, algorithm, keyId: "2030-01" }) },
    algorithm,
    start: (knowing) => {
      const { publicKey } = knowing === "this" ? pair : stranger;
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

const selfSigned = createCertificate("invoices");
const signed = createCertificate("invoices", { issuer: authority });

function certificateMethod(
  name: string,
  certificate: Certificate,
  server: AuthorizationServerOptions,
  registration: Registration,
  refused: Registration,
  more: Partial<Method> = {},
): Method {
  return {
    name,
    proofs: ["certificate"],
    options: { mutualTls: { thumbprint: certificate.thumbprint } },
    certificate,
    start: (knowing) =>
      startAuthorizationServer(
        () => ({
          tls_client_certificate_bound_access_tokens: true,
          ...(knowing === "this" ? registration : { ...registration, ...refused }),
        }),
        server,
      ),
    secrets: [certificate.key],
    ...more,
  };
}

const certified = ({ cert, publicJwk }: Certificate): Registration => ({
  token_endpoint_auth_method: "self_signed_tls_client_auth",
  jwks: { keys: [{ ...publicJwk, x5c: [cert.replaceAll(/-----[^-]+-----|\s/g, "")] }] },
});
const bySelf = [certified(selfSigned), certified(createCertificate("invoices"))] as const;
const byAuthority = [
  { token_endpoint_auth_method: "tls_client_auth", tls_client_auth_subject_dn: "CN=invoices" },
  { tls_client_auth_subject_dn: "CN=payments" },
] as const;

/** Every way there is. */
export const methods: readonly Method[] = [
  sharedSecret("client_secret_basic", "client_secret_basic", "authorization", { clientSecret: secret }),
  {
    name: "client_secret_basic, raw",
    proofs: ["authorization"],
    options: { clientSecret: raw, clientCredentialStyle: "authorization-header-raw" },
    start: (knowing) => startRawAuthorizationServer("invoices", knowing === "this" ? raw : another),
    secrets: [raw],
  },
  sharedSecret("client_secret_post", "client_secret_post", "client_secret", {
    clientSecret: secret,
    clientCredentialStyle: "post-body",
  }),
  sharedSecret("client_secret_jwt", "client_secret_jwt", "client_assertion", {
    clientAssertion: clientSecretJwt(secret),
  }),
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
  certificateMethod("self_signed_tls_client_auth", selfSigned, { scheme: "https" }, ...bySelf),
  certificateMethod("tls_client_auth", signed, { scheme: "https" }, ...byAuthority),
  certificateMethod("tls_client_auth, an issuer's alias", signed, { alias: true }, ...byAuthority, {
    discovered: true,
  }),
  {
    name: "client_secret_basic, DPoP, nonces",
    proofs: ["authorization"],
    options: { clientSecret: secret, dpop: dpop() },
    nonces: true,
    start: (knowing) =>
      startAuthorizationServer(
        () => ({ client_secret: knowing === "this" ? secret : another, dpop_bound_access_tokens: true }),
        { nonces: true },
      ),
    secrets: [secret],
  },
  privateKeyMethod("with DPoP, nonces", "ES256", ec, pemOf(ec), {
    options: { clientAssertion: privateKeyJwt({ key: pemOf(ec), algorithm: "ES256" }), dpop: dpop() },
    nonces: true,
    server: { nonces: true },
    registration: { dpop_bound_access_tokens: true },
  }),
  {
    name: "none",
    proofs: [],
    options: {},
    start: (knowing) =>
      startAuthorizationServer(() =>
        knowing === "this"
          ? { token_endpoint_auth_method: "none" }
          : { token_endpoint_auth_method: "client_secret_basic", client_secret: another },
      ),
    secrets: [],
  },
];
