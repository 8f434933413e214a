import {
  createTokenManager,
  type ClientOptions,
  type Fetch,
  type ManagerOptions,
  type TokenClient,
  type TokenEvent,
  type TokenManager,
} from "@client-token/core";
import {
  createFakeClock,
  createFakeTokenServer,
  type FakeClock,
  type FakeTokenServer,
} from "@client-token/core/testing";

/** A token endpoint in this process: nothing takes time but what a test makes take time. */
export interface InMemoryWorld {
  readonly server: FakeTokenServer;
  readonly clock: FakeClock;
  readonly events: readonly TokenEvent[];
  readonly options: ClientOptions;
  readonly tokens: TokenManager;
  readonly invoices: TokenClient;
  /** One more process of the same fleet, with a client `invoices` of its own. */
  readonly another: (manager: Partial<ManagerOptions>) => TokenManager;
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
  const clock = createFakeClock();
  const events: TokenEvent[] = [];
  const httpClient: Fetch = (input, init) => server.token(new Request(input, init));
  const options: ClientOptions = {
    tokenEndpoint,
    clientId: "invoices-app",
    clientSecret: "s3cret",
    origins: [api],
    httpClient,
    ...client,
  };
  const another = (more: Partial<ManagerOptions>): TokenManager =>
    createTokenManager<string>({
      clients: { invoices: options },
      clock,
      onEvent: (event) => events.push(event),
      ...more,
    });
  const tokens = another(manager);
  return {
    server,
    clock,
    events,
    options,
    tokens,
    invoices: tokens.client("invoices"),
    another,
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
