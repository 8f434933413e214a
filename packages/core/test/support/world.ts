import { withClientToken, type ClientOptions, type Fetch, type ManagerOptions } from "@client-token/core";
import { createInvoices, type Invoices } from "./invoices.ts";
import { startServers, type Servers } from "./servers.ts";

/** One request as the API saw it. */
interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | null;
  readonly headers: Headers;
  readonly body: string;
}

/** What a test changes in the usual world. */
export interface WorldOptions {
  /** Of the client `invoices`. */
  readonly client?: Partial<ClientOptions>;
  readonly manager?: Partial<ManagerOptions>;
  /** Fields of token responses beside `access_token`. */
  readonly response?: Readonly<Record<string, unknown>>;
}

/** An authorization server, an API behind it, and a manager that has one client, `invoices`. */
export interface World extends Servers<SeenRequest>, Invoices {
  readonly invoicesFetch: Fetch;
}

export const secret = "s3cret/with+odd characters";

export async function createWorld({ client, manager, response }: WorldOptions = {}): Promise<World> {
  const servers = await startServers(look, response && { response });
  const { tokenEndpoint, api, clock } = servers;
  const invoices = createInvoices(
    { tokenEndpoint, clientId: "invoices-app", clientSecret: secret, origins: [api], ...client },
    manager,
    clock,
  );
  const invoicesFetch = withClientToken("invoices", { manager: invoices.tokens })(fetch);
  return { ...servers, ...invoices, invoicesFetch };
}

async function look(request: Request): Promise<SeenRequest> {
  const { method, url, headers } = request;
  return { method, url, headers, authorization: headers.get("authorization"), body: await request.text() };
}
