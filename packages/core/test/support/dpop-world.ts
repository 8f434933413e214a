import {
  createTokenManager,
  type ClientOptions,
  type ManagerOptions,
  type TokenManager,
} from "@client-token/core";
import { dpop } from "@client-token/core/dpop";
import { createFakeClock, type FakeClock } from "@client-token/core/testing";
import { serve } from "@client-token/core/testing/node";
import { onTestFinished } from "vitest";
import { createProofChecker, Refused, type Proof } from "./proofs.ts";

type Answer = (request: Request) => Response | Promise<Response>;

/** A request as a server saw it. */
interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A server that takes proofs. */
interface ProofServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** All proofs that were accepted. */
  readonly proofs: readonly Proof[];
  /** Why requests were refused, with their error codes. */
  readonly refusals: readonly string[];
  /**
   * Nonces from now on: not asked for; the one that the last answer named is good, and each answer names another
   * one; or one that stays until it is asked for again.
   */
  readonly askForNonces: (how: "never" | "rotating" | "fixed") => void;
  /** Queues answers, each for one request. */
  readonly answerNext: (...answers: readonly Answer[]) => void;
}

/** An authorization server and an API that both check proofs, and a manager with one client, `invoices`. */
export interface DpopWorld {
  readonly clock: FakeClock;
  readonly sts: ProofServer;
  readonly api: ProofServer;
  /** Another origin, which takes no tokens. */
  readonly elsewhere: Pick<ProofServer, "url" | "seen" | "answerNext">;
  /** The access tokens so far, and the key that each is bound to. */
  readonly issued: ReadonlyMap<string, string>;
  /** How far the servers' clocks are ahead, in milliseconds. */
  readonly setServerClocks: (ahead: number) => void;
  readonly revoke: () => void;
  readonly client: ClientOptions;
  readonly manager: TokenManager;
}

interface WorldOptions {
  readonly client?: Partial<ClientOptions>;
  readonly manager?: Partial<ManagerOptions>;
}

export async function createDpopWorld(options: WorldOptions = {}): Promise<DpopWorld> {
  const clock = createFakeClock();
  const issued = new Map<string, string>();
  const revoked = new Set<string>();
  let ahead = 0;
  const now = (): number => clock.now() + ahead;

  const sts = await startServer(now, 400, async (_request, check) => {
    const { thumbprint } = await check();
    const token = `token-${issued.size + 1}-${crypto.randomUUID()}`;
    issued.set(token, thumbprint);
    return Response.json({ access_token: token, token_type: "DPoP", expires_in: 3600 });
  });
  const api = await startServer(now, 401, async (request, check) => {
    const [scheme, token = ""] = (request.headers.get("authorization") ?? "").split(" ");
    const bound = issued.get(token);
    if (scheme !== "DPoP" || bound === undefined || revoked.has(token))
      throw new Refused("invalid_token", "unknown");
    const { thumbprint } = await check(token);
    if (thumbprint !== bound) throw new Refused("invalid_token", "bound to another key");
    return Response.json({ method: request.method, body: await request.text() });
  });
  const elsewhere = await startServer(now, 401, async () => new Response("elsewhere"));

  const client: ClientOptions = {
    tokenEndpoint: `${sts.url}/token`,
    clientId: "invoices-app",
    clientSecret: "s3cret",
    dpop: dpop(),
    ...options.client,
  };
  const manager = createTokenManager<string>({ clients: { invoices: client }, clock, ...options.manager });
  onTestFinished(async () => {
    await Promise.all([manager.close(), sts.close(), api.close(), elsewhere.close()]);
  });
  return {
    clock,
    sts,
    api,
    elsewhere,
    issued,
    setServerClocks: (difference) => {
      ahead = difference;
    },
    revoke: () => {
      for (const token of issued.keys()) revoked.add(token);
    },
    client,
    manager,
  };
}

type Handler = (request: Request, check: (accessToken?: string) => Promise<Proof>) => Promise<Response>;

async function startServer(now: () => number, refusal: 400 | 401, handle: Handler) {
  const seen: SeenRequest[] = [];
  const proofs: Proof[] = [];
  const refusals: string[] = [];
  const queue: Answer[] = [];
  let how: "never" | "rotating" | "fixed" = "never";
  let nonce = "";
  const rules = { now, nonces: () => (how === "never" ? undefined : [nonce]) };
  const checkProof = createProofChecker(rules);

  const server = await serve(async (request) => {
    seen.push(await look(request.clone()));
    const check = async (accessToken?: string): Promise<Proof> => {
      const proof = await checkProof(request, accessToken);
      proofs.push(proof);
      return proof;
    };
    const answer = await (queue.shift()?.(request) ?? handle(request, check).catch(refuse));
    answer.headers.set("date", new Date(now()).toUTCString());
    if (how === "rotating") nonce = crypto.randomUUID();
    if (how !== "never") answer.headers.set("dpop-nonce", nonce);
    return answer;
  });

  const refuse = (error: unknown): Response => {
    if (!(error instanceof Refused)) throw error;
    refusals.push(`${error.code}: ${error.message}`);
    const body = JSON.stringify({ error: error.code });
    const challenge = `DPoP error="${error.code}", algs="ES256"`;
    return new Response(body, {
      status: refusal,
      headers: refusal === 401 ? { "www-authenticate": challenge } : { "content-type": "application/json" },
    });
  };

  return {
    url: server.url,
    close: () => server.close(),
    seen,
    proofs,
    refusals,
    askForNonces: (wanted: typeof how) => {
      how = wanted;
      nonce = crypto.randomUUID();
    },
    answerNext: (...answers: readonly Answer[]) => void queue.push(...answers),
  };
}

async function look(request: Request): Promise<SeenRequest> {
  const { method, url, headers } = request;
  return { method, url, headers, body: await request.text() };
}

/** A redirect. */
export const redirect =
  (status: number, location: string): Answer =>
  () =>
    new Response(null, { status, headers: { location } });
