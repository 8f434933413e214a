import {
  createTokenManager,
  withClientToken,
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
import { serve } from "@client-token/core/testing/node";
import { onTestFinished } from "vitest";

/** One request as the API saw it. */
interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | null;
  readonly headers: Headers;
  readonly body: string;
}

type ApiAnswer = (request: Request) => Response | Promise<Response>;

/** What a test changes in the usual world. */
export interface WorldOptions {
  /** Of the client `invoices`. */
  readonly client?: Partial<ClientOptions>;
  readonly manager?: Partial<ManagerOptions>;
  /** Fields of token responses beside `access_token`. */
  readonly response?: Readonly<Record<string, unknown>>;
}

/** An authorization server, an API behind it, and a manager that has one client, `invoices`. */
export interface World {
  readonly server: FakeTokenServer;
  readonly tokenEndpoint: string;
  /** The API's origin. */
  readonly api: string;
  /** All requests that reached the API. */
  readonly seen: readonly SeenRequest[];
  /** Queues answers of the API, each for one request. */
  readonly answerApiNext: (...answers: readonly ApiAnswer[]) => void;
  /** Answers all requests to the API from now on. */
  readonly answerApiAlways: (answer: ApiAnswer | undefined) => void;
  readonly clock: FakeClock;
  readonly events: readonly TokenEvent[];
  readonly options: ClientOptions;
  readonly tokens: TokenManager;
  readonly invoices: TokenClient;
  readonly invoicesFetch: Fetch;
}

export const secret = "s3cret/with+odd characters";

export async function createWorld({ client, manager, response }: WorldOptions = {}): Promise<World> {
  const server = createFakeTokenServer(response === undefined ? {} : { response });
  const clock = createFakeClock();
  const seen: SeenRequest[] = [];
  const events: TokenEvent[] = [];
  const queue: ApiAnswer[] = [];
  let always: ApiAnswer | undefined;
  const sts = await serve(server.token);
  const api = await serve(async (request) => {
    const { method, url, headers } = request;
    const body = await request.clone().text();
    seen.push({ method, url, headers, authorization: headers.get("authorization"), body });
    return (queue.shift() ?? always ?? server.api)(request);
  });
  const options: ClientOptions = {
    tokenEndpoint: `${sts.url}/token`,
    clientId: "invoices-app",
    clientSecret: secret,
    origins: [api.url],
    ...client,
  };
  const tokens = createTokenManager<string>({
    clients: { invoices: options },
    clock,
    onEvent: (event) => events.push(event),
    ...manager,
  });
  onTestFinished(async () => {
    await Promise.all([sts.close(), api.close()]);
  });
  return {
    server,
    tokenEndpoint: `${sts.url}/token`,
    api: api.url,
    seen,
    answerApiNext: (...answers) => queue.push(...answers),
    answerApiAlways: (answer) => {
      always = answer;
    },
    clock,
    events,
    options,
    tokens,
    invoices: tokens.client("invoices"),
    invoicesFetch: withClientToken("invoices", { manager: tokens })(fetch),
  };
}
