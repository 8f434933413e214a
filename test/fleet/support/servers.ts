import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createFakeTokenServer } from "@client-token/core/testing";
import { serve } from "@client-token/core/testing/node";
import { moment } from "./moment.ts";
import { issuedAtHeader, workerHeader } from "./orders.ts";
import { createStallMeter, type StallMeter } from "./stall-meter.ts";

/** One token request, as the authorization server books it. */
interface Asked {
  /** When it came in, see moment.ts. */
  readonly at: number;
  /** The worker that sent it. */
  readonly worker: number;
  /** Milliseconds until the answer; `undefined` while there is none. */
  took: number | undefined;
  /** The status of the answer. */
  status: number | undefined;
}

/** What the servers do from now on; tests change it. */
export interface Behaviour {
  /** Milliseconds that the token endpoint takes for an answer. */
  answerTime: number;
  /** The token endpoint answers 503 to everything. */
  down: boolean;
  /** The API answers 401 to everything. */
  refusing: boolean;
}

/** An authorization server and its API, both over real HTTP. */
export interface Servers {
  readonly tokenEndpoint: string;
  readonly api: string;
  readonly behaviour: Behaviour;
  /** All token requests so far. */
  readonly asked: readonly Asked[];
  readonly stalls: StallMeter;
  /** The API refuses all tokens issued so far. */
  revokeAll(): void;
  close(): Promise<void>;
}

/** @param lifetime - of tokens, in seconds */
export async function startServers(lifetime: number, behaviour: Behaviour): Promise<Servers> {
  const server = createFakeTokenServer({ response: { expires_in: lifetime } });
  const stalls = createStallMeter();
  const asked: Asked[] = [];
  /** Living tokens, and when each was issued. */
  const issued = new Map<string, number>();

  const answer = async (request: Request): Promise<Response> => {
    await sleep(behaviour.answerTime);
    if (behaviour.down) return new Response(null, { status: 503 });
    if (request.headers.get("authorization") !== `Basic ${btoa("invoices-app:s3cret")}`) {
      return Response.json({ error: "invalid_client" }, { status: 401 });
    }
    const known = server.issued.length;
    const response = await server.token(request);
    for (const token of server.issued.slice(known)) issued.set(token, moment());
    return response;
  };
  const sts = await serve(async (request) => {
    const entry: Asked = {
      at: moment(),
      worker: Number(request.headers.get(workerHeader)),
      took: undefined,
      status: undefined,
    };
    asked.push(entry);
    const response = await answer(request);
    entry.status = response.status;
    entry.took = moment() - entry.at;
    return response;
  });

  // As plain as can be: a thousand calls arrive at once. No test outlasts an idle connection: one that is closed just as
  // a caller, on a busy machine, sends on it again would be a failed call.
  const api = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    const issuedAt = issued.get(request.headers.authorization?.replace(/^Bearer /, "") ?? "") ?? -Infinity;
    const alive = moment() - issuedAt < lifetime * 1_000 && !behaviour.refusing;
    if (!alive) response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end();
    else response.writeHead(200, { [issuedAtHeader]: String(issuedAt) }).end();
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
  const address = api.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  return {
    tokenEndpoint: `${sts.url}/token`,
    api: `http://127.0.0.1:${port}`,
    behaviour,
    asked,
    stalls,
    revokeAll: () => issued.clear(),
    async close() {
      stalls.stop();
      api.closeAllConnections();
      await Promise.all([sts.close(), new Promise((resolve) => api.close(resolve))]);
    },
  };
}
