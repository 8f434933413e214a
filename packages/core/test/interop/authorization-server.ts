import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { errors, Provider, type Adapter, type ClientMetadata, type KoaContextWithOIDC } from "oidc-provider";

/** What the server saw of one token request. */
interface SeenGrant {
  readonly authorization: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface AuthorizationServer extends AsyncDisposable {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly grants: readonly SeenGrant[];
}

/** The secret of any client: every id is registered, and has another secret. */
export function secretOf(clientId: string): string {
  return `secret of ${clientId}`;
}

export interface AuthorizationServerOptions {
  /** The lifetime of tokens, in seconds. */
  readonly lifetime?: number;
  /** The resource indicators it knows; each is an API with the scopes `list` and `write`. */
  readonly resources?: readonly string[];
  /** Every token is bound to a key, and every proof has a nonce of the server's. */
  readonly dpop?: boolean;
}

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const nothing = async (): Promise<undefined> => undefined;

/** oidc-provider with signed JWT access tokens, on a loopback port. */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const { lifetime = 3600, resources = ["urn:invoices"], dpop = false } = options;
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const grants: SeenGrant[] = [];

  const provider = new Provider(issuer, {
    adapter: (kind) => (kind === "Client" ? { ...noStorage, find: register } : noStorage),
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" }] },
    scopes: ["list", "write"],
    ttl: { ClientCredentials: lifetime },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: dpop, nonceSecret: randomBytes(32), requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context, resource) {
          if (!resources.includes(resource)) throw new errors.InvalidTarget("unknown resource");
          return {
            scope: "list write",
            accessTokenFormat: "jwt",
            jwt: { sign: { alg: "ES256" } },
          };
        },
      },
    },
  });
  const note = ({ oidc, headers }: KoaContextWithOIDC): void => {
    grants.push({ authorization: headers.authorization, fields: { ...oidc.body } });
  };
  provider.on("grant.success", note).on("grant.error", note);
  const handle = provider.callback();
  server.on("request", (request, response) => void handle(request, response));

  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    jwksUri: `${issuer}/jwks`,
    grants,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const noStorage: Adapter = {
  upsert: nothing,
  find: nothing,
  findByUserCode: nothing,
  findByUid: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
};

async function register(clientId: string): Promise<ClientMetadata> {
  return {
    client_id: clientId,
    client_secret: secretOf(clientId),
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    id_token_signed_response_alg: "ES256",
    ...(clientId === "reader" ? { scope: "list" } : {}),
  };
}
