import { internals, type TokenClient } from "../client.ts";
import type { AnyManager, DefaultManager, NameOf } from "../default-manager.ts";
import { attach, type Attachment, type MaybePromise } from "./attachment.ts";
import { judgeBound } from "./bound.ts";
import { mayGo } from "./guard.ts";
import { createLookUp, createOriginsOf } from "./look-up.ts";
import { concernsToken, type ResponseView } from "./rejection.ts";
import { inBackground, replaceToken, requestOf } from "./replacement.ts";
import type { RequestView, SelectToken, TokenChoice } from "./token-choice.ts";

/** What `withClientToken` takes beside the client, in every adapter. */
export interface WithClientTokenOptions<M extends AnyManager = AnyManager> {
  /** Looks up client names. @defaultValue the process-wide default manager */
  readonly manager?: M | undefined;
  /** Chooses another token, or none, for a request. */
  readonly select?: SelectToken | undefined;
}

/** A client, by its name in manager `M` or by its handle. */
export type ClientReference<M extends AnyManager> = NameOf<M> | TokenClient;

/** What an adapter knows of a request beside its view. */
export interface AttachOptions {
  /** Ends the wait for a token together with the request. */
  readonly signal?: AbortSignal | undefined;
  /** The choice made at the call; wins over `select`. */
  readonly choice?: TokenChoice | undefined;
  /** The base URL of the instance: its origin is where tokens may go unless the client names `origins`. */
  readonly baseUrl?: string | undefined;
  /**
   * How many redirects the request follows, where it is not left to the HTTP client (see `bound`).
   * @defaultValue 20
   */
  readonly redirects?: number | undefined;
  /** What the attempt before carried, if this one is another attempt of the same request. */
  readonly previous?: Attachment | undefined;
}

/** What every adapter does, and only here. An adapter translates its library's requests and responses. */
export interface Authorizer {
  /**
   * The token for a request; `undefined`: send it as it is. At once with a token in the cache, unless it is bound to
   * a key.
   * @throws TokenError if no token can be had: the request is not to be sent
   */
  attach(request: RequestView, options?: AttachOptions): MaybePromise<Attachment | undefined>;
  /**
   * Judges a response: a 401, and every one where the token is `bound`. An attachment: send the request again with
   * that, to its `url` and by its `method`, now. `undefined`: the response is the caller's. With `canResend` false a
   * refused token is replaced for the calls to come, in the background.
   */
  shouldRetry(
    sent: Attachment,
    response: ResponseView,
    canResend: boolean,
  ): MaybePromise<Attachment | undefined>;
}

/**
 * Makes the authorizer of one `withClientToken`. Names are looked up when a request is made.
 *
 * @param client a registered name, or a handle
 * @example
 * ```ts
 * import { createAuthorizer } from "@client-token/core/adapter";
 *
 * const authorizer = createAuthorizer("invoices");
 *
 * export async function get(url: string): Promise<Response> {
 *   const sent = await authorizer.attach({ method: "GET", url, header: () => undefined });
 *   const answer = await fetch(url, { headers: { ...sent?.headers } });
 *   if (sent === undefined) return answer;
 *   const header = (name: string): string | null => answer.headers.get(name);
 *   const again = await authorizer.shouldRetry(sent, { status: answer.status, url: answer.url, header }, true);
 *   return again === undefined ? answer : fetch(again.url, { headers: { ...again.headers } });
 * }
 * ```
 * @see RFC 6750 §2.1
 */
export function createAuthorizer<M extends AnyManager = DefaultManager>(
  client: ClientReference<M>,
  options: WithClientTokenOptions<M> = {},
): Authorizer {
  const lookUp = createLookUp(options.manager);
  const originsOf = createOriginsOf();
  const { select } = options;

  const choose = (
    request: RequestView,
    extra: AttachOptions,
    choice: TokenChoice | undefined,
  ): MaybePromise<Attachment | undefined> => {
    if (choice === false) return undefined;
    const chosen = lookUp(choice?.client ?? client);
    const inner = chosen[internals];
    return chain(inner?.options(extra.signal), (settings) => {
      const own = settings?.origins ?? originsOf(extra.baseUrl);
      if (!mayGo(request.url, own, chosen.name, inner, settings)) return undefined;
      const { method, url } = request;
      const { signal, previous } = extra;
      const { redirects = 20 } = previous ?? extra;
      const sent = { client: chosen, choice, signal, method, url, redirects, moved: false, withBody: true };
      const warm = chosen.peekToken(choice);
      if (warm !== undefined) return attach(sent, warm, previous);
      return chosen.getToken(requestOf(sent)).then((token) => attach(sent, token, previous));
    });
  };

  return {
    attach(request, extra = {}) {
      const { previous } = extra;
      // A request that was sent on to another origin does without from there.
      if (previous !== undefined && !("authorization" in previous.headers)) return previous;
      // The caller's own header stays.
      if ((request.header("authorization") ?? undefined) !== undefined) return undefined;
      if (extra.choice !== undefined || select === undefined) return choose(request, extra, extra.choice);
      return chain(select(request), (choice) => choose(request, extra, choice));
    },
    shouldRetry(sent, response, canResend) {
      if (sent.bound !== undefined) return judgeBound(sent, sent.bound, response, canResend);
      if (response.status !== 401 || sent.retried) return undefined;
      const replacement = concernsToken(response, sent.url).then((does) =>
        does ? replaceToken(sent) : undefined,
      );
      return canResend ? replacement : inBackground(replacement);
    },
  };
}

/** Goes on at once where it can: a warm token costs no turn of the event loop. */
function chain<T, R>(value: MaybePromise<T>, goOn: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}
