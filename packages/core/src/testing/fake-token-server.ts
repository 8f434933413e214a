/** One token request, as the server saw it. */
export interface SeenTokenRequest {
  readonly url: string;
  readonly headers: Headers;
  readonly form: URLSearchParams;
}

/** Answers one token request in place of the server's own way. */
export type Answer = (request: SeenTokenRequest) => Response | Promise<Response>;

/** A token endpoint and the API behind it, without a network. */
export interface FakeTokenServer {
  /** Answers token requests. */
  readonly token: (request: Request) => Promise<Response>;
  /** Answers API calls: 200 for a token that is alive, 401 with a challenge otherwise. Echoes method and body. */
  readonly api: (request: Request) => Promise<Response>;
  /** All token requests so far. */
  readonly requests: readonly SeenTokenRequest[];
  /** All tokens issued so far. */
  readonly issued: readonly string[];
  /** The `Authorization` headers of all API calls so far. */
  readonly presented: readonly (string | null)[];
  /** The API refuses this token from now on; without one, all tokens issued so far. */
  revoke(token?: string): void;
  /** Queues answers, each for one token request. */
  answerNext(...answers: readonly Answer[]): void;
  /** Answers all token requests from now on; `undefined` goes back to the server's own way. */
  answerAlways(answer: Answer | undefined): void;
}

/** How a {@link FakeTokenServer} issues tokens. */
export interface FakeTokenServerOptions {
  /** Fields of the token response beside `access_token`. @defaultValue a bearer token for an hour */
  readonly response?: Readonly<Record<string, unknown>>;
}

/**
 * A fake authorization server as plain `(Request) => Promise<Response>`: give it as `httpClient`, to msw, or to
 * an HTTP server of your own.
 * @example
 * ```ts
 * import { createTokenManager } from "@client-token/core";
 * import { createFakeTokenServer } from "@client-token/core/testing";
 *
 * const server = createFakeTokenServer();
 * const tokens = createTokenManager({
 *   clients: { invoices: { tokenEndpoint: "https://sts.test/token", clientId: "invoices" } },
 *   httpClient: (input, init) => server.token(new Request(input, init)),
 * });
 * await tokens.getToken("invoices");
 * server.requests.length; // 1
 * ```
 */
export function createFakeTokenServer(options: FakeTokenServerOptions = {}): FakeTokenServer {
  const requests: SeenTokenRequest[] = [];
  const issued: string[] = [];
  const presented: (string | null)[] = [];
  const revoked = new Set<string>();
  const queue: Answer[] = [];
  let always: Answer | undefined;

  const issue = (request: SeenTokenRequest): Response => {
    const token = `token-${issued.length + 1}-${crypto.randomUUID()}`;
    issued.push(token);
    const scope = request.form.get("scope");
    return Response.json({
      access_token: token,
      token_type: "Bearer",
      expires_in: 3600,
      ...(scope === null ? {} : { scope }),
      ...options.response,
    });
  };

  return {
    requests,
    issued,
    presented,
    async token(request) {
      const seen = {
        url: request.url,
        headers: request.headers,
        form: new URLSearchParams(await request.text()),
      };
      requests.push(seen);
      return (queue.shift() ?? always ?? issue)(seen);
    },
    async api(request) {
      const authorization = request.headers.get("authorization");
      presented.push(authorization);
      const token = authorization?.replace(/^Bearer /, "") ?? "";
      if (!issued.includes(token) || revoked.has(token)) {
        const error = authorization === null ? "" : ', error="invalid_token"';
        await request.body?.cancel();
        return new Response("refused", {
          status: 401,
          headers: { "www-authenticate": `Bearer realm="api"${error}` },
        });
      }
      return Response.json({ method: request.method, url: request.url, body: await request.text() });
    },
    revoke(token) {
      for (const one of token === undefined ? issued : [token]) revoked.add(one);
    },
    answerNext(...answers) {
      queue.push(...answers);
    },
    answerAlways(answer) {
      always = answer;
    },
  };
}
