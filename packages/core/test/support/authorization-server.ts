import { generateKeyPairSync, randomBytes, type X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { jwtVerify, type JWTPayload } from "jose";
import {
  errors,
  Provider,
  type Adapter,
  type AdapterPayload,
  type ClientMetadata,
  type KoaContextWithOIDC,
} from "oidc-provider";
import { listen } from "./listener.ts";

/** What the server saw of one token request, refused or not. */
export interface SeenGrant {
  readonly authorization: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The subject of the sender's certificate. */
  readonly certificate: string | undefined;
}

/** An authorization server whose tokens are signed. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly grants: readonly SeenGrant[];
  /** The claims of a token that it signed for one of its resources; rejects all others. */
  readonly verify: (accessToken: string) => Promise<JWTPayload>;
}

export interface AuthorizationServerOptions {
  /** Every id is registered, and not `invoices` alone. */
  readonly open?: boolean;
  /** The lifetime of tokens, in seconds. */
  readonly lifetime?: number;
  /** The resource indicators it knows; each is an API with the scopes `list` and `write`. */
  readonly resources?: readonly string[];
  readonly scheme?: "http" | "https";
  /** Published as the token endpoint for clients with a certificate (RFC 8705 §5). */
  readonly alias?: boolean;
  /** Every proof has to carry one of its nonces (RFC 9449 §8). */
  readonly nonces?: boolean;
  /** Assertions may be sent more than once, as those of a platform are. */
  readonly replays?: boolean;
}

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** oidc-provider, until the test ends. `registration` is asked at each token request what is known of the client. */
export async function startAuthorizationServer(
  registration: (id: string) => Partial<ClientMetadata>,
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const { open = false, lifetime = 3600, resources = ["urn:invoices"] } = options;
  const { scheme = "http", alias = false, nonces = false, replays = false } = options;
  const listener = await listen(scheme);
  const { origin: issuer } = listener;
  const secure = alias ? await listen("https") : undefined;
  const grants: SeenGrant[] = [];
  const find = async (id: string): Promise<ClientMetadata | undefined> =>
    open || id === "invoices" ? { ...known, client_id: id, ...registration(id) } : undefined;

  const provider = new Provider(issuer, {
    adapter: (kind) => ({
      ...createStorage(),
      ...(kind === "Client" && { find }),
      ...(kind === "ReplayDetection" && replays && { find: nothing }),
    }),
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" }] },
    scopes: ["list", "write"],
    ttl: { ClientCredentials: lifetime },
    discovery:
      secure === undefined ? {} : { mtls_endpoint_aliases: { token_endpoint: `${secure.origin}/token` } },
    clientAuthMethods: [
      "none",
      "client_secret_basic",
      "client_secret_post",
      "client_secret_jwt",
      "private_key_jwt",
      "tls_client_auth",
      "self_signed_tls_client_auth",
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => nonces },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        selfSignedTlsClientAuth: true,
        certificateBoundAccessTokens: true,
        getCertificate: ({ socket }) => certificateOf(socket)?.toString(),
        certificateAuthorized: ({ socket }) => (socket as TLSSocket).authorized,
        certificateSubjectMatches: ({ socket }, _property, expected) =>
          certificateOf(socket)?.subject === expected,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context, resource) {
          if (!resources.includes(resource)) throw new errors.InvalidTarget("unknown resource");
          return { scope: "list write", accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } };
        },
      },
    },
  });
  const note = ({ oidc, headers, socket }: KoaContextWithOIDC): void => {
    const certificate = certificateOf(socket)?.subject;
    grants.push({ authorization: headers.authorization, fields: { ...oidc.body }, certificate });
  };
  provider.on("grant.success", note).on("grant.error", note);
  const handle = provider.callback();
  for (const { answer } of secure === undefined ? [listener] : [listener, secure]) {
    answer(handle);
  }
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    grants,
    async verify(accessToken) {
      const expected = { issuer, audience: [...resources], typ: "at+jwt" };
      const { payload } = await jwtVerify(accessToken, publicKey, expected);
      return payload;
    },
  };
}

/** The certificate at the other end of a connection. */
export function certificateOf(socket: object): X509Certificate | undefined {
  return "getPeerX509Certificate" in socket ? (socket as TLSSocket).getPeerX509Certificate() : undefined;
}

const known: Partial<ClientMetadata> = {
  grant_types: ["client_credentials"],
  response_types: [],
  redirect_uris: [],
  id_token_signed_response_alg: "ES256",
};

const nothing = async (): Promise<undefined> => undefined;

/** Remembers, so that an assertion or a proof is good for once. */
function createStorage(): Adapter {
  const entries = new Map<string, AdapterPayload>();
  return {
    upsert: async (id, payload) => void entries.set(id, payload),
    find: async (id) => entries.get(id),
    findByUserCode: nothing,
    findByUid: nothing,
    consume: nothing,
    destroy: nothing,
    revokeByGrantId: nothing,
  };
}
