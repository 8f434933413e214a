import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { Provider, type Adapter, type Configuration, type KoaContextWithOIDC } from "oidc-provider";
import { close, listen } from "./loopback.ts";

/** An OAuth client as the authorization server knows it. */
export interface Registration {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** One token request, granted or refused. */
export interface TokenRequestSeen {
  readonly clientId: string | undefined;
  readonly scope: unknown;
}

export interface AuthorizationServer extends AsyncDisposable {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  /** All token requests so far: what the demo counts, whatever the clients believe. */
  readonly tokenRequests: readonly TokenRequestSeen[];
  /** From now on tokens live this long, in seconds. */
  issueTokensFor(seconds: number): void;
}

/** A real authorization server: client credentials in, signed JWT access tokens for one API (RFC 9068) out. */
export async function startAuthorizationServer(options: {
  readonly clients: readonly Registration[];
  readonly audience: string;
  readonly scopes: readonly string[];
}): Promise<AuthorizationServer> {
  const server = createServer();
  const issuer = await listen(server);
  const tokenRequests: TokenRequestSeen[] = [];
  let lifetime = 3600;

  const provider = new Provider(issuer, {
    ...machinesOnly,
    clients: options.clients.map(({ clientId, clientSecret }) => ({
      client_id: clientId,
      client_secret: clientSecret,
    })),
    scopes: options.scopes,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          audience: options.audience,
          scope: options.scopes.join(" "),
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
    ttl: { ClientCredentials: () => lifetime },
  });
  const count = ({ oidc }: KoaContextWithOIDC): void => {
    tokenRequests.push({ clientId: oidc.client?.clientId, scope: oidc.params?.["scope"] });
  };
  provider.on("grant.success", count).on("grant.error", count);
  const handle = provider.callback();
  server.on("request", (request, response) => void handle(request, response));

  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    jwksUri: `${issuer}/jwks`,
    tokenRequests,
    issueTokensFor(seconds) {
      lifetime = seconds;
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

/** JWT access tokens carry all there is to know, so the server has nothing to store. */
const nothing = async (): Promise<undefined> => undefined;
const noStorage = (): Adapter => ({
  upsert: nothing,
  find: nothing,
  findByUserCode: nothing,
  findByUid: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
});

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** An own key and an own storage, and no trace of users and browsers. */
const machinesOnly: Configuration = {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" }] },
  adapter: noStorage,
  clientDefaults: {
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    id_token_signed_response_alg: "ES256",
  },
};
