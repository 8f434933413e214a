import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { close, listen } from "./loopback.ts";
import { invoicesApi, workerHeader } from "./messages.ts";

/** The last call of a process that the API has served. */
interface Served {
  /** In monotonic milliseconds. */
  readonly at: number;
  /** Which token it came with; the first one that the API has seen is 1. */
  readonly token: number;
}

export interface InvoicesApi extends AsyncDisposable {
  readonly origin: string;
  /** By process. */
  readonly lastServed: ReadonlyMap<number, Served>;
  /** From now on refuses the token that it has seen last. */
  revoke(): void;
}

/** An API that trusts nobody: signature, issuer, audience, expiry and revocation of every token. */
export async function startInvoicesApi(options: {
  readonly issuer: string;
  readonly jwksUri: string;
}): Promise<InvoicesApi> {
  const keys = createRemoteJWKSet(new URL(options.jwksUri));
  await keys.reload();
  const numbers = new Map<string, number>();
  const revoked = new Set<number>();
  const lastServed = new Map<number, Served>();
  let lastToken = 0;

  /** The number of the token; `undefined` if it is no good. */
  const check = async (token: string): Promise<number | undefined> => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: invoicesApi,
        typ: "at+jwt",
        requiredClaims: ["exp", "jti"],
        // A JWT counts whole seconds, and so ends up to one too early.
        clockTolerance: 1,
      });
      const number = numbers.get(payload.jti ?? "") ?? numbers.size + 1;
      numbers.set(payload.jti ?? "", number);
      return revoked.has(number) ? undefined : number;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, bearer = ""] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
    const token = await check(bearer);
    if (token === undefined) {
      response.writeHead(401, { "www-authenticate": 'Bearer realm="invoices", error="invalid_token"' }).end();
      return;
    }
    lastToken = token;
    lastServed.set(Number(request.headers[workerHeader]), { at: performance.now(), token });
    response.writeHead(200, { "content-type": "application/json" }).end('{"invoices":[]}');
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end());
  });
  return {
    origin: `http://127.0.0.1:${await listen(server)}`,
    lastServed,
    revoke: () => void revoked.add(lastToken),
    [Symbol.asyncDispose]: () => close(server),
  };
}
