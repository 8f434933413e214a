import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Provider, type Adapter, type Configuration } from "oidc-provider";
import { close, listen } from "./loopback.ts";
import { clientId, invoicesApi, workerHeader } from "./messages.ts";
import { answerTime, lifetime } from "./timing.ts";

/** One token request, as the authorization server books it. */
export interface TokenRequestSeen {
  /** When it came in, in monotonic milliseconds. */
  readonly at: number;
  /** The process that sent it. */
  readonly worker: number;
  /** Of the answer; `undefined` as long as there is none. */
  status: number | undefined;
}

export interface AuthorizationServer extends AsyncDisposable {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly tokenRequests: readonly TokenRequestSeen[];
  /** Whether token requests are answered with 503. */
  setDown(down: boolean): void;
}

/** A real authorization server: client credentials in, signed JWT access tokens (RFC 9068) out. */
export async function startAuthorizationServer(clientSecret: string): Promise<AuthorizationServer> {
  const server = createServer();
  const issuer = `http://127.0.0.1:${await listen(server)}`;
  const tokenRequests: TokenRequestSeen[] = [];
  let isDown = false;

  const provider = new Provider(issuer, {
    ...machinesOnly,
    clients: [{ client_id: clientId, client_secret: clientSecret }],
  });
  const provide = provider.callback();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url !== "/token") return provide(request, response);
    const seen: TokenRequestSeen = {
      at: performance.now(),
      worker: Number(request.headers[workerHeader]),
      status: undefined,
    };
    tokenRequests.push(seen);
    response.once("finish", () => (seen.status = response.statusCode));
    await sleep(answerTime);
    // Whoever asked may have been killed meanwhile.
    if (request.socket.destroyed) return;
    if (isDown) response.writeHead(503).end();
    else await provide(request, response);
  };
  server.on("request", (request, response) => void answer(request, response));

  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    jwksUri: `${issuer}/jwks`,
    tokenRequests,
    setDown(down) {
      isDown = down;
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

/** No users, no browsers: one API, and tokens for it. */
const machinesOnly: Configuration = {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" }] },
  adapter: noStorage,
  clientDefaults: {
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    id_token_signed_response_alg: "ES256",
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        audience: invoicesApi,
        scope: "",
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
  ttl: { ClientCredentials: lifetime },
};
