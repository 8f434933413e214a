/** What the adapter reads of ky's options, as hooks see them. */
export interface KyOptions {
  /** A new object for every call of ky. */
  readonly context: KyContext;
  readonly retry: { readonly limit?: number | undefined };
  /** ky 2: what relative input is resolved against. */
  readonly baseUrl?: string | URL | undefined;
  /** ky 2: what is put in front of the input; empty without one. */
  readonly prefix?: string | undefined;
  /** ky 1: the same under its old name. */
  readonly prefixUrl?: string | undefined;
}

/** The user's `context`, as far as the adapter looks into it. */
export interface KyContext {
  readonly clientToken?: unknown;
  readonly [inForce]?: unknown;
}

/** The key of the `withClientToken` in force; registered, so that two copies of the package agree. */
export const inForce: unique symbol = Symbol.for("@client-token/ky.in-force");

/** What ky 2 hands to a hook. */
export interface KyState {
  readonly request: Request;
  readonly options: KyOptions;
  /** How many retries there were before this attempt. */
  readonly retryCount: number;
}

type Attempt = Pick<KyState, "retryCount">;

/** ky 2 calls `beforeRequest` with one state object, ky 1 with its parts. */
export type RequestArguments = [state: KyState] | [request: Request, options: KyOptions, attempt: Attempt];

/** ky 2 calls `afterResponse` with one state object, ky 1 with its parts. */
export type ResponseArguments =
  | [state: KyState & { readonly response: Response }]
  | [request: Request, options: KyOptions, response: Response, attempt: Attempt];

export function requestState(args: RequestArguments): KyState {
  if (args.length === 1) return args[0];
  const [request, options, { retryCount }] = args;
  return { request, options, retryCount };
}

export function responseState(args: ResponseArguments): KyState & { readonly response: Response } {
  if (args.length === 1) return args[0];
  const [request, options, response, { retryCount }] = args;
  return { request, options, response, retryCount };
}

/** Where relative input goes: the base URL of the instance, or of the call if that gave its own. */
export function baseUrlOf({ baseUrl, prefix, prefixUrl }: KyOptions): string | undefined {
  const base = baseUrl?.toString();
  const start = prefix || prefixUrl;
  if (!start) return base;
  // ky puts the prefix in front before it looks at `baseUrl`: an absolute prefix leaves nothing to resolve.
  return base !== undefined && URL.canParse(start, base) ? new URL(start, base).href : start;
}
