import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { Provider, type Adapter, type ClientMetadata, type KoaContextWithOIDC } from "oidc-provider";
import { onTestFinished } from "vitest";
import { createCertificate, type Certificate } from "../support/certificates.ts";

export interface SecureServer {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** Signed the server's certificate, and those of clients that it knows by their subject. */
  readonly authority: Certificate;
  /** The form fields and headers of all token requests, refused ones too. */
  readonly grants: readonly { readonly fields: object; readonly authorization: string | undefined }[];
}

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const nothing = async (): Promise<undefined> => undefined;
const noStorage: Adapter = {
  upsert: nothing,
  find: nothing,
  findByUid: nothing,
  findByUserCode: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
};

/** oidc-provider over TLS, on a loopback port, with the clients given; tokens are JWTs for `urn:invoices`. */
export async function startSecureServer(
  clients: Readonly<Record<string, Partial<ClientMetadata>>>,
): Promise<SecureServer> {
  const authority = createCertificate("authority", { isAuthority: true });
  const { cert, key } = createCertificate("server", { issuer: authority });
  const server = createServer({
    cert,
    key,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const issuer = `https://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;

  const grants: SecureServer["grants"][number][] = [];
  const provider = new Provider(issuer, {
    adapter: (kind) =>
      kind === "Client" ? { ...noStorage, find: async (id) => register(id, clients[id]) } : noStorage,
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" }] },
    scopes: ["list"],
    ttl: { ClientCredentials: 3600 },
    clientAuthMethods: [
      "none",
      "client_secret_basic",
      "client_secret_post",
      "client_secret_jwt",
      "private_key_jwt",
      "tls_client_auth",
      "self_signed_tls_client_auth",
    ],
    enabledJWA: { clientAuthSigningAlgValues: ["HS256", "RS256", "PS256", "ES256", "EdDSA", "Ed25519"] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        selfSignedTlsClientAuth: true,
        certificateBoundAccessTokens: true,
        getCertificate: certificateOf,
        certificateAuthorized: ({ socket }) => (socket as TLSSocket).authorized,
        certificateSubjectMatches: (context, _property, expected) =>
          new X509Certificate(certificateOf(context) ?? "").subject === expected,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "list",
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
  });
  const note = ({ oidc, headers }: KoaContextWithOIDC): void => {
    grants.push({ fields: { ...oidc.body }, authorization: headers.authorization });
  };
  provider.on("grant.success", note).on("grant.error", note);
  const handle = provider.callback();
  server.on("request", (request, response) => void handle(request, response));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { issuer, tokenEndpoint: `${issuer}/token`, authority, grants };
}

function certificateOf({ socket }: { readonly socket: unknown }): string | undefined {
  return (socket as TLSSocket).getPeerX509Certificate()?.toString();
}

function register(id: string, metadata: Partial<ClientMetadata> | undefined): ClientMetadata | undefined {
  if (metadata === undefined) return undefined;
  return {
    client_id: id,
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    id_token_signed_response_alg: "ES256",
    ...metadata,
  };
}
