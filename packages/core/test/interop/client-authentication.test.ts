import { decodeJwt, exportJWK, generateKeyPair, type JWK } from "jose";
import type { ClientMetadata } from "oidc-provider";
import { describe, expect, test } from "vitest";
import {
  clientSecretJwt,
  createTokenManager,
  privateKeyJwt,
  type ClientOptions,
  type SigningAlgorithm,
  type TokenClient,
} from "../../src/index.ts";
import { startAuthorizationServer, type AuthorizationServer } from "../support/authorization-server.ts";
import { failureOf } from "../support/calls.ts";
import { createCertificate, type Certificate } from "../support/certificates.ts";
import { authority } from "../support/listener.ts";
import { tlsFetch } from "../support/tls.ts";

const secret = "a shared secret/of more+than 32 bytes: %~";

/** One method: what the server knows of the client, how the client asks, and what it sends for it. */
interface Method {
  readonly name: string;
  readonly metadata: Partial<ClientMetadata>;
  readonly options: Partial<ClientOptions>;
  readonly sends: readonly string[];
  readonly certificate?: Certificate;
}

const asserts = ["client_id", "client_assertion_type", "client_assertion"];

async function privateKeyMethod(algorithm: SigningAlgorithm): Promise<Method> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: "2030-01", use: "sig" };
  return {
    name: `private_key_jwt with ${algorithm}`,
    metadata: {
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: algorithm,
      jwks: { keys: [jwk] },
    },
    options: { clientAssertion: privateKeyJwt({ key: privateKey, algorithm, keyId: "2030-01" }) },
    sends: asserts,
  };
}

const selfSigned = createCertificate("invoices");
const methods: readonly Method[] = [
  {
    name: "client_secret_basic",
    metadata: { token_endpoint_auth_method: "client_secret_basic", client_secret: secret },
    options: { clientSecret: secret },
    sends: ["authorization"],
  },
  {
    name: "client_secret_post",
    metadata: { token_endpoint_auth_method: "client_secret_post", client_secret: secret },
    options: { clientSecret: secret, clientCredentialStyle: "post-body" },
    sends: ["client_id", "client_secret"],
  },
  {
    name: "client_secret_jwt",
    metadata: {
      token_endpoint_auth_method: "client_secret_jwt",
      token_endpoint_auth_signing_alg: "HS256",
      client_secret: secret,
    },
    options: { clientAssertion: clientSecretJwt(secret) },
    sends: asserts,
  },
  ...(await Promise.all((["RS256", "PS256", "ES256", "EdDSA", "Ed25519"] as const).map(privateKeyMethod))),
  {
    name: "tls_client_auth",
    metadata: { token_endpoint_auth_method: "tls_client_auth", tls_client_auth_subject_dn: "CN=invoices" },
    options: { mutualTls: {} },
    sends: ["client_id"],
    certificate: createCertificate("invoices", { issuer: authority }),
  },
  {
    name: "self_signed_tls_client_auth",
    metadata: {
      token_endpoint_auth_method: "self_signed_tls_client_auth",
      tls_client_certificate_bound_access_tokens: true,
      jwks: { keys: [certificateJwk(selfSigned)] },
    },
    options: { mutualTls: { thumbprint: selfSigned.thumbprint } },
    sends: ["client_id"],
    certificate: selfSigned,
  },
];

function certificateJwk({ cert, publicJwk }: Certificate): JWK {
  return { ...publicJwk, x5c: [cert.replaceAll(/-----[^-]+-----|\s/g, "")] };
}

function startSecureServer(metadata: Partial<ClientMetadata>): Promise<AuthorizationServer> {
  return startAuthorizationServer(() => metadata, { scheme: "https" });
}

function clientOf(server: AuthorizationServer, { options, certificate }: Method): TokenClient {
  const invoices = {
    tokenEndpoint: server.tokenEndpoint,
    clientId: "invoices",
    scope: "list",
    resource: "urn:invoices",
    httpClient: tlsFetch({ ca: authority.cert, cert: certificate?.cert, key: certificate?.key }),
    ...options,
  };
  return createTokenManager({ clients: { invoices } }).client("invoices");
}

describe.each(methods)("$name", (method) => {
  test("gets a token, and is all that is sent", async () => {
    const server = await startSecureServer(method.metadata);
    const { accessToken } = await clientOf(server, method).getToken();
    expect(decodeJwt(accessToken)).toMatchObject({
      client_id: "invoices",
      aud: "urn:invoices",
      scope: "list",
    });
    const [grant] = server.grants;
    const sent = Object.keys(grant?.fields ?? {}).filter((name) => name.startsWith("client_"));
    expect([...(grant?.authorization === undefined ? [] : ["authorization"]), ...sent].toSorted()).toEqual(
      method.sends.toSorted(),
    );
  });

  test("is refused where the server knows another credential", async () => {
    const another = await generateKeyPair("ES256");
    const server = await startSecureServer({
      ...method.metadata,
      ...("client_secret" in method.metadata && { client_secret: "another secret of more than 32 bytes" }),
      ...("jwks" in method.metadata && {
        jwks: { keys: [{ ...(await exportJWK(another.publicKey)), kid: "x" }] },
      }),
      ...("tls_client_auth_subject_dn" in method.metadata && { tls_client_auth_subject_dn: "CN=payments" }),
    });
    const error = await failureOf(clientOf(server, method).getToken());
    expect(error).toMatchObject({ code: "ERR_TOKEN_REFUSED", error: "invalid_client", status: 401 });
    expect(server.grants).toHaveLength(1);
  });
});

test("a token is bound to the certificate that the client names", async () => {
  const bound = methods.find(({ name }) => name === "self_signed_tls_client_auth")!;
  const server = await startSecureServer(bound.metadata);
  const { accessToken } = await clientOf(server, bound).getToken();
  expect(decodeJwt(accessToken)["cnf"]).toEqual({ "x5t#S256": selfSigned.thumbprint });
});
