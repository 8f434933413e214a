import type { ClientOptions, Fetch } from "@client-token/core";
import {
  createFakeTokenServer,
  type FakeTokenServer,
  type SeenTokenRequest,
} from "@client-token/core/testing";
import { tokenEndpoint } from "./in-memory.ts";
import { createInvoices, type Invoices } from "./invoices.ts";

/** A token endpoint in this process, and a client that has no secret but what a test gives it. */
export interface AuthenticationWorld extends Pick<Invoices, "clock" | "events" | "invoices"> {
  readonly server: FakeTokenServer;
}

export function createAuthenticationWorld(client: Partial<ClientOptions>): AuthenticationWorld {
  const server = createFakeTokenServer();
  const options: ClientOptions = { tokenEndpoint, clientId: "invoices-app", ...client };
  const httpClient: Fetch = (input, init) => server.token(new Request(input, init));
  return { server, ...createInvoices(options, { httpClient }) };
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
