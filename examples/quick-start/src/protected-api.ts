import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from "jose";
import { close, listen } from "./loopback.ts";

/** A request that the API served, and whose token it came with. */
export interface Served {
  readonly clientId: unknown;
  readonly scope: unknown;
  readonly jti: string | undefined;
}

export type Refusal = "no token" | "revoked" | "expired" | "invalid token" | "insufficient scope";

export interface ProtectedApi extends AsyncDisposable {
  readonly origin: string;
  readonly served: readonly Served[];
  readonly refusals: readonly Refusal[];
  /** Refuses the token of this id from now on (RFC 7519 §4.1.7). */
  revoke(jti: string): void;
}

/** An API that trusts nobody: signature, issuer, audience, expiry, revocation and scope of every token. */
export async function startProtectedApi(options: {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly audience: string;
}): Promise<ProtectedApi> {
  const keys = createRemoteJWKSet(new URL(options.jwksUri));
  const served: Served[] = [];
  const refusals: Refusal[] = [];
  const revoked = new Set<string | undefined>();

  const judge = async (token: string | undefined, method: string): Promise<JWTPayload | Refusal> => {
    if (token === undefined) return "no token";
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: options.audience,
        typ: "at+jwt",
        requiredClaims: ["exp", "jti", "client_id"],
      });
      if (revoked.has(payload.jti)) return "revoked";
      const granted = typeof payload["scope"] === "string" ? payload["scope"].split(" ") : [];
      const needed = method === "GET" ? "orders.read" : "orders.write";
      return granted.includes(needed) ? payload : "insufficient scope";
    } catch (error) {
      if (error instanceof errors.JWTExpired) return "expired";
      if (error instanceof errors.JOSEError) return "invalid token";
      throw error;
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const verdict = await judge(token, request.method ?? "GET");
    if (typeof verdict === "string") {
      refusals.push(verdict);
      refuse(response, verdict);
      return;
    }
    served.push({ clientId: verdict["client_id"], scope: verdict["scope"], jti: verdict.jti });
    response.writeHead(200, { "content-type": "application/json" }).end('{"orders":[]}');
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end());
  });
  return {
    origin: await listen(server),
    served,
    refusals,
    revoke: (jti) => void revoked.add(jti),
    [Symbol.asyncDispose]: () => close(server),
  };
}

/** RFC 6750 §3: the challenge says what is wrong with the token, if there is one. */
function refuse(response: ServerResponse, refusal: Refusal): void {
  const error = refusal === "insufficient scope" ? "insufficient_scope" : "invalid_token";
  const details = refusal === "no token" ? "" : `, error="${error}", error_description="${refusal}"`;
  response
    .writeHead(refusal === "insufficient scope" ? 403 : 401, {
      "www-authenticate": `Bearer realm="orders"${details}`,
    })
    .end();
}
