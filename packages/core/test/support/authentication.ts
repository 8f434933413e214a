import {
  createTokenManager,
  type ClientOptions,
  type TokenClient,
  type TokenEvent,
} from "@client-token/core";
import {
  createFakeClock,
  createFakeTokenServer,
  type FakeClock,
  type FakeTokenServer,
  type SeenTokenRequest,
} from "@client-token/core/testing";
import { tokenEndpoint } from "./in-memory.ts";

/** A token endpoint in this process, and a client that has no secret but what a test gives it. */
export interface AuthenticationWorld {
  readonly server: FakeTokenServer;
  readonly clock: FakeClock;
  readonly events: readonly TokenEvent[];
  readonly invoices: TokenClient;
}

export function createAuthenticationWorld(client: Partial<ClientOptions>): AuthenticationWorld {
  const server = createFakeTokenServer();
  const clock = createFakeClock();
  const events: TokenEvent[] = [];
  const tokens = createTokenManager({
    clients: { invoices: { tokenEndpoint, clientId: "invoices-app", ...client } },
    httpClient: (input, init) => server.token(new Request(input, init)),
    clock,
    onEvent: (event) => events.push(event),
  });
  return { server, clock, events, invoices: tokens.client("invoices") };
}

/** The assertions that reached the server. */
export function assertionsSentTo(server: FakeTokenServer): readonly (string | null)[] {
  return server.requests.map(({ form }) => form.get("client_assertion"));
}

/** Everything in a token request that says who sends it. */
export function proofOf({ form, headers }: SeenTokenRequest): Record<string, string> {
  const fields = [...form].filter(([name]) => name.startsWith("client_"));
  const authorization = headers.get("authorization");
  return { ...Object.fromEntries(fields), ...(authorization === null ? {} : { authorization }) };
}

/** Takes those credentials only that `isGood` says are; `invalid_client` for others. */
export function acceptOnly(server: FakeTokenServer, isGood: (request: SeenTokenRequest) => boolean): void {
  server.answerAlways((request) =>
    isGood(request)
      ? Response.json({ access_token: "good", expires_in: 3600 })
      : Response.json({ error: "invalid_client" }, { status: 401 }),
  );
}
