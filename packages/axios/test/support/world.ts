import {
  createTokenManager,
  type ClientOptions,
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
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  readonly authorization: string | null;
  /** The body as text. */
  readonly body: string;
  /** The body as form fields, files by their name and content. */
  readonly form: () => Promise<readonly (readonly string[])[]>;
}

export type Answer = (request: Request) => Response | Promise<Response>;

/** An authorization server, the API behind it, and a manager with the clients `invoices` and `payments`. */
export interface World {
  /** The API's base URL, without a slash at the end. */
  readonly api: string;
  /** The same API under another origin. */
  readonly elsewhere: string;
  readonly manager: TokenManager<"invoices" | "payments">;
  readonly clock: FakeClock;
  readonly server: FakeTokenServer;
  readonly events: readonly TokenEvent[];
  /** All requests that reached the API, under either origin. */
  readonly seen: readonly SeenRequest[];
  /** Queues answers of the API, each for one request. */
  readonly answerNext: (...answers: readonly Answer[]) => void;
  /** One more client of the same authorization server. */
  readonly register: (options: Partial<ClientOptions>) => TokenClient;
}

export async function createWorld(): Promise<World> {
  const server = createFakeTokenServer();
  const clock = createFakeClock();
  const events: TokenEvent[] = [];
  const seen: SeenRequest[] = [];
  const queue: Answer[] = [];
  const answer = async (request: Request): Promise<Response> => {
    seen.push(await look(request.clone()));
    return (queue.shift() ?? server.api)(request);
  };
  const [sts, api] = await Promise.all([serve(server.token), serve(answer)]);
  const client = (clientId: string): ClientOptions => ({
    tokenEndpoint: `${sts.url}/token`,
    clientId,
    clientSecret: "s3cret",
  });
  const manager = createTokenManager({
    clients: { invoices: client("invoices"), payments: client("payments") },
    clock,
    onEvent: (event) => events.push(event),
  });
  onTestFinished(async () => {
    // First the manager: a replacement may still be on its way.
    await manager.close();
    await Promise.all([sts.close(), api.close()]);
  });
  return {
    api: api.url,
    elsewhere: api.url.replace("127.0.0.1", "localhost"),
    manager,
    clock,
    server,
    events,
    seen,
    answerNext: (...answers) => queue.push(...answers),
    register: (options) => manager.register("another", { ...client("another"), ...options }),
  };
}

async function look(request: Request): Promise<SeenRequest> {
  const { method, headers } = request;
  const { pathname, search } = new URL(request.url);
  const bytes = await request.arrayBuffer();
  return {
    method,
    path: pathname + search,
    headers,
    authorization: headers.get("authorization"),
    body: new TextDecoder().decode(bytes),
    form: async () => {
      const fields = [...(await new Response(bytes, { headers }).formData())];
      return Promise.all(
        fields.map(async ([name, value]) =>
          typeof value === "string" ? [name, value] : [name, value.name, value.type, await value.text()],
        ),
      );
    },
  };
}

/** The `Authorization` headers of the tokens issued so far. */
export function bearers({ server }: Pick<World, "server">): string[] {
  return server.issued.map((token) => `Bearer ${token}`);
}

/** The `Authorization` headers that the API has seen so far. */
export function presented({ seen }: Pick<World, "seen">): (string | null)[] {
  return seen.map(({ authorization }) => authorization);
}

export const ok: Answer = () => new Response("ok");
export const unauthorized: Answer = () => new Response("refused", { status: 401 });
