import type { ClientOptions, Fetch, ManagerOptions } from "@client-token/core";
import { createFakeTokenServer, type FakeTokenServer } from "@client-token/core/testing";
import { createInvoices, type Invoices } from "./invoices.ts";

/** A token endpoint in this process: nothing takes time but what a test makes take time. */
export interface InMemoryWorld extends Invoices {
  readonly server: FakeTokenServer;
  /** Holds the next token request; lets it go with the server's own answer, or with this one. */
  readonly holdNextToken: () => (answer?: Response) => void;
}

export const tokenEndpoint = "https://sts.company.com/connect/token";
export const api = "https://api.company.com";

export function createInMemoryWorld(
  client: Partial<ClientOptions> = {},
  manager: Partial<ManagerOptions> = {},
): InMemoryWorld {
  const server = createFakeTokenServer();
  const httpClient: Fetch = (input, init) => server.token(new Request(input, init));
  const options: ClientOptions = {
    tokenEndpoint,
    clientId: "invoices-app",
    clientSecret: "s3cret",
    origins: [api],
    httpClient,
    ...client,
  };
  return {
    ...createInvoices(options, manager),
    server,
    holdNextToken: () => {
      let letGo: (answer: Response) => void = () => {};
      server.answerNext(
        () =>
          new Promise<Response>((resolve) => {
            letGo = resolve;
          }),
      );
      return (answer = Response.json({ access_token: "let-go", expires_in: 3600 })) => letGo(answer);
    },
  };
}
