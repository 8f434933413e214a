import {
  createTokenManager,
  type ClientOptions,
  type TokenClient,
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
  readonly url: string;
  readonly authorization: string | null;
  readonly contentType: string;
  readonly body: string;
}

type Answer = (request: Request) => Response | Promise<Response>;

/** An authorization server, the API behind it, and a manager with the clients `invoices` and `payments`. */
interface World {
  /** The API's base URL, without a slash at the end. */
  readonly api: string;
  /** The same API under another origin. */
  readonly elsewhere: string;
  readonly manager: TokenManager<"invoices" | "payments">;
  readonly clock: FakeClock;
  readonly server: FakeTokenServer;
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
  const seen: SeenRequest[] = [];
  const queue: Answer[] = [];
  const answer = async (request: Request): Promise<Response> => {
    const { url, headers } = request;
    seen.push({
      url,
      authorization: headers.get("authorization"),
      contentType: headers.get("content-type") ?? "",
      body: await request.clone().text(),
    });
    return (queue.shift() ?? server.api)(request);
  };
  const [sts, api, elsewhere] = await Promise.all([serve(server.token), serve(answer), serve(answer)]);
  const client = (clientId: string): ClientOptions => ({
    tokenEndpoint: `${sts.url}/token`,
    clientId,
    clientSecret: "s3cret",
  });
  const manager = createTokenManager({
    clients: { invoices: client("invoices"), payments: client("payments") },
    clock,
  });
  onTestFinished(async () => {
    await Promise.all([sts.close(), api.close(), elsewhere.close()]);
    // What still waits for a server that is gone, waits by the fake clock.
    const closed = manager.close();
    await clock.advance(60_000);
    await closed;
  });
  return {
    api: api.url,
    elsewhere: elsewhere.url,
    manager,
    clock,
    server,
    seen,
    answerNext: (...answers) => queue.push(...answers),
    register: (options) => manager.register("another", { ...client("another"), ...options }),
  };
}

export const unavailable: Answer = () => new Response("later", { status: 503 });
export const ok: Answer = () => new Response("ok");
