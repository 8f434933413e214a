import {
  createFakeClock,
  createFakeTokenServer,
  type FakeClock,
  type FakeTokenServer,
  type FakeTokenServerOptions,
} from "@client-token/core/testing";
import { serve } from "@client-token/core/testing/node";
import { onTestFinished } from "vitest";

export type ApiAnswer = (request: Request) => Response | Promise<Response>;

/** An authorization server and the API behind it. */
export interface Servers<Seen> {
  readonly server: FakeTokenServer;
  readonly tokenEndpoint: string;
  /** The API's origin. */
  readonly api: string;
  /** All requests that reached the API. */
  readonly seen: readonly Seen[];
  /** Queues answers of the API, each for one request. */
  readonly answerApiNext: (...answers: readonly ApiAnswer[]) => void;
  /** Answers all requests to the API from now on. */
  readonly answerApiAlways: (answer: ApiAnswer | undefined) => void;
  /** For those who use them. */
  readonly clock: FakeClock;
}

/** Real servers, until the test ends. `look` tells what a test wants to know of a request to the API. */
export async function startServers<Seen>(
  look: (request: Request) => Promise<Seen>,
  options?: FakeTokenServerOptions,
): Promise<Servers<Seen>> {
  const server = createFakeTokenServer(options);
  const seen: Seen[] = [];
  const queue: ApiAnswer[] = [];
  let always: ApiAnswer | undefined;
  const sts = await serve(server.token);
  const api = await serve(async (request) => {
    seen.push(await look(request.clone()));
    return (queue.shift() ?? always ?? server.api)(request);
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
    clock: createFakeClock(),
  };
}
