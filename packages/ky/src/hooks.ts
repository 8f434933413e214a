import { ConfigurationError, isTokenError } from "@client-token/core";
import type { Attachment, Authorizer, RequestView, TokenChoice } from "@client-token/core/adapter";
import ky from "ky";
import {
  baseUrlOf,
  inForce,
  requestState,
  responseState,
  type KyContext,
  type KyOptions,
  type KyState,
  type RequestArguments,
  type ResponseArguments,
} from "./hook-state.ts";

type RetryMarker = ReturnType<typeof ky.retry>;
type MaybePromise<T> = T | Promise<T>;

/** Hooks that ky 1 and ky 2 both accept. */
export interface ClientTokenHooks {
  beforeRequest: [(...args: RequestArguments) => MaybePromise<Request | void>];
  beforeRetry: [(state: KyState & { readonly error: unknown }) => MaybePromise<Request | void>];
  afterResponse: [(...args: ResponseArguments) => MaybePromise<RetryMarker | void>];
}

/** What one call of ky has been given so far. */
interface Call {
  /** What the last attempt carried. */
  readonly sent: Attachment;
  /** What the next attempt is to carry: the answer to a 401. */
  readonly next?: Attachment;
}

/**
 * The hooks of one `withClientToken`. They stand aside where the context names another one as in force: hooks
 * add up when instances are extended, and the last one is to win.
 */
export function createHooks(authorizer: Authorizer, identity: symbol): ClientTokenHooks {
  const calls = new WeakMap<KyContext, Call>();
  // A context that was replaced as a whole names nobody.
  const isInForce = ({ context }: KyOptions): boolean => (context[inForce] ?? identity) === identity;

  const authorize = ({ request, options, retryCount }: KyState): MaybePromise<Request | void> => {
    const call = calls.get(options.context);
    // Judged afresh: the token may be another by now, and so may the place that the request goes to.
    if (call !== undefined) takeOff(request, call.sent);
    const put = (attachment: Attachment | undefined): Request | void => {
      if (attachment === undefined) return undefined;
      for (const name of attachment.without) request.headers.delete(name);
      for (const [name, value] of Object.entries(attachment.headers)) request.headers.set(name, value);
      calls.set(options.context, { sent: attachment });
      // A proof goes where it was made for, and nowhere else.
      const isFollowed = attachment.bound !== undefined && request.redirect === "follow";
      return isFollowed ? new Request(request, { redirect: "manual" }) : undefined;
    };
    const next = call?.next;
    if (next !== undefined && next.url === request.url && !request.headers.has("authorization")) {
      return put(next);
    }
    // After a time-out ky has not renewed the signal yet; a user's abort would have ended the call before.
    const signal = retryCount > 0 && request.signal.aborted ? undefined : request.signal;
    const choice = choiceOf(options.context);
    const attaching = authorizer.attach(viewOf(request), {
      signal,
      // A renewal that a call forces is forced once.
      choice: call !== undefined && choice ? { ...choice, forceRenewal: false } : choice,
      baseUrl: baseUrlOf(options),
      redirects: request.redirect === "follow" ? undefined : 0,
      previous: call?.sent,
    });
    return attaching instanceof Promise ? attaching.then(put) : put(attaching);
  };

  return {
    beforeRequest: [
      (...args) => {
        const state = requestState(args);
        // ky 1 comes here on every attempt; `beforeRetry` has seen to the later ones.
        return state.retryCount === 0 && isInForce(state.options) ? authorize(state) : undefined;
      },
    ],
    beforeRetry: [
      (state) => {
        if (!isInForce(state.options)) return undefined;
        // ky 1 retries whatever a hook threw. Core has tried again already, once for all callers.
        if (isTokenError(state.error)) throw state.error;
        return authorize(state);
      },
    ],
    afterResponse: [
      (...args) => {
        const { request, options, response, retryCount } = responseState(args);
        const call = calls.get(options.context);
        if (call === undefined) return undefined;
        const { sent } = call;
        // The authorizer would say the same; most responses are spared the look at the headers.
        if (response.status !== 401 && sent.bound === undefined) return undefined;
        // If another hook has set a header of its own, the answer is not about our token.
        if (!carries(request, sent)) return undefined;
        // At its limit ky would throw a ForceRetryError in place of the HTTPError.
        const canResend = retryCount < (options.retry.limit ?? 0);
        const judging = authorizer.shouldRetry(
          sent,
          { status: response.status, url: response.url, header: (name) => response.headers.get(name) },
          canResend,
        );
        const resend = (next: Attachment | undefined): RetryMarker | undefined => {
          if (next === undefined || !canResend) return undefined;
          calls.set(options.context, { sent, next });
          const moved = next.redirects < sent.redirects ? { request: moveOn(request, next) } : {};
          return ky.retry({ delay: 0, code: "TOKEN_REJECTED", ...moved });
        };
        return judging instanceof Promise ? judging.then(resend) : resend(judging);
      },
    ],
  };
}

function viewOf(request: Request): RequestView {
  return { method: request.method, url: request.url, header: (name) => request.headers.get(name) };
}

function choiceOf({ clientToken }: KyContext): TokenChoice | undefined {
  if (clientToken === undefined || isChoice(clientToken)) return clientToken;
  throw new ConfigurationError(
    `"context.clientToken" is neither false nor an object: write { client: "invoices" } or { scope: "write" }.`,
  );
}

function isChoice(value: unknown): value is TokenChoice {
  return value === false || (typeof value === "object" && value !== null);
}

function carries(request: Request, sent: Attachment): boolean {
  return Object.entries(sent.headers).every(([name, value]) => request.headers.get(name) === value);
}

function takeOff(request: Request, sent: Attachment): void {
  for (const [name, value] of Object.entries(sent.headers)) {
    if (request.headers.get(name) === value) request.headers.delete(name);
  }
}

/** The same request to where a redirect leads. */
function moveOn(request: Request, { method, url, bound }: Attachment): Request {
  const redirect = bound === undefined ? "follow" : "manual";
  if (method === request.method) return new Request(new Request(url, request), { redirect });
  return new Request(url, { method, headers: request.headers, signal: request.signal, redirect });
}
