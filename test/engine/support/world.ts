import type { ClientOptions } from "@client-token/core";
import { createFakeClock, createFakeTokenServer, type FakeTokenServer } from "@client-token/core/testing";
import { serve } from "@client-token/core/testing/node";
import { onTestFinished } from "vitest";
import { createInvoices, type Invoices } from "../../../packages/core/test/support/invoices.ts";
import type { ApiAnswer } from "../../../packages/core/test/support/servers.ts";
import type { Call, Driver } from "./drivers.ts";
import { createTraffic, type Traffic } from "./traffic.ts";

/** A real authorization server and a real API, and one HTTP client that calls the API as the client `invoices`. */
export interface World extends Invoices {
  readonly server: FakeTokenServer;
  readonly traffic: Traffic;
  readonly call: Call;
  /** When the token requests came in, in milliseconds by the fake clock. */
  readonly requestedAt: readonly number[];
  /** Answers all requests to the API from now on; they can ask the usual API. */
  readonly answerApi: (answer: ApiAnswer) => void;
  /** The answers of the token endpoint are held back, each until `until()`. */
  readonly holdTokenAnswers: (until: () => Promise<unknown>) => void;
  /** Nobody listens at the token endpoint any more. */
  readonly stopTokenEndpoint: () => Promise<void>;
}

/** What a test changes in the usual world. */
export interface WorldOptions {
  readonly client?: Partial<ClientOptions>;
  /** Fields of token responses beside `access_token`. */
  readonly response?: Readonly<Record<string, unknown>>;
}

export async function createWorld(driver: Driver, options: WorldOptions = {}): Promise<World> {
  const { client, response } = options;
  const server = createFakeTokenServer(response && { response });
  const clock = createFakeClock();
  const traffic = createTraffic();
  const requestedAt: number[] = [];
  let answer: ApiAnswer = server.api;
  let hold: (() => Promise<unknown>) | undefined;
  const sts = await serve(async (request) => {
    requestedAt.push(clock.monotonic());
    const answered = await server.token(request);
    if (hold !== undefined) await traffic.holdBack(hold());
    return answered;
  });
  const api = await serve(async (request) => answer(request));
  const invoices = createInvoices(
    {
      tokenEndpoint: `${sts.url}/token`,
      clientId: "invoices-app",
      clientSecret: "s3cret",
      httpClient: traffic.countTokenRequests((input, init) => fetch(input, init)),
      ...client,
    },
    {},
    clock,
  );
  const counted = { client: (name: string) => traffic.countWaits(invoices.tokens.client(name)) };
  onTestFinished(async () => {
    await Promise.all([sts.close(), api.close()]);
  });
  return {
    ...invoices,
    server,
    traffic,
    call: traffic.countCalls(driver.connect(api.url, counted)),
    requestedAt,
    answerApi: (next) => {
      answer = next;
    },
    holdTokenAnswers: (until) => {
      hold = until;
    },
    stopTokenEndpoint: () => sts.close(),
  };
}

/** The error of each call. */
export function reasons(results: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return results.map((result): unknown => (result.status === "rejected" ? result.reason : undefined));
}

/** For answers that never come. */
export const never = (): Promise<never> => new Promise<never>(() => {});
