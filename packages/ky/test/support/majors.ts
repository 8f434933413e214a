import kyTwo from "ky";
import kyOne from "ky-1";
import { vi } from "vitest";
import type { KyState, RequestArguments, ResponseArguments } from "../../src/hook-state.ts";
import { withClientToken } from "../../src/index.ts";

type HookResult<T> = void | T | Promise<void | T>;

/** The options that the tests use, in the form that both majors take. */
export interface CallOptions {
  method?: string;
  headers?: Record<string, string> | Headers;
  body?: BodyInit;
  duplex?: "half";
  json?: unknown;
  signal?: AbortSignal;
  timeout?: number;
  throwHttpErrors?: boolean;
  retry?: number | { limit?: number; methods?: "get"[]; delay?: () => number; retryOnTimeout?: boolean };
  fetch?: typeof fetch;
  context?: Record<string, unknown>;
  hooks?: {
    beforeRequest?: ((...args: RequestArguments) => HookResult<Request | Response>)[];
    beforeRetry?: ((state: KyState & { readonly error: Error }) => HookResult<Request>)[];
    afterResponse?: ((...args: ResponseArguments) => HookResult<ReturnType<typeof kyTwo.retry>>)[];
  };
}

type Call = (url: string | URL | Request, options?: CallOptions) => Promise<Response>;

/** What both majors have in common. */
interface Ky extends Call {
  get: Call;
  post: Call;
  extend(options: CallOptions | ((parent: object) => CallOptions)): Ky;
  create(options: CallOptions): Ky;
}

interface Major {
  readonly name: string;
  readonly ky: Ky;
  readonly withClientToken: typeof withClientToken;
  /** An instance that takes relative input. */
  readonly basedOn: (url: string) => Ky;
  /** An instance that sends what met a 503 to another place. */
  readonly fallingBackTo: (url: string) => Ky;
}

// The adapter imports ky for `ky.retry`, whose marker a ky accepts only from its own copy.
vi.doMock("ky", () => import("ky-1"));
vi.resetModules();
const forKyOne = await import("../../src/index.ts");

/** Both majors of ky, each with an adapter that imports it. */
export const majors: readonly Major[] = [
  {
    name: "ky 2",
    ky: kyTwo,
    withClientToken,
    basedOn: (baseUrl) => kyTwo.create({ baseUrl }),
    fallingBackTo: (url) =>
      kyTwo.create({
        hooks: {
          afterResponse: [
            ({ request, response }) =>
              response.status === 503
                ? kyTwo.retry({ request: new Request(url, request), delay: 0 })
                : undefined,
          ],
        },
      }),
  },
  {
    name: "ky 1",
    ky: kyOne,
    withClientToken: forKyOne.withClientToken,
    basedOn: (prefixUrl) => kyOne.create({ prefixUrl }),
    fallingBackTo: (url) =>
      kyOne.create({
        hooks: {
          afterResponse: [
            (request, _options, response) =>
              response.status === 503
                ? kyOne.retry({ request: new Request(url, request), delay: 0 })
                : undefined,
          ],
        },
      }),
  },
];
