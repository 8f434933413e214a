import type { AccessToken } from "../access-token.ts";
import { internals, type TokenClient } from "../client.ts";
import type { AnyManager, DefaultManager, NameOf } from "../default-manager.ts";
import { isTokenError } from "../errors.ts";
import type { TokenRequest } from "../options/token-request.ts";
import { mayGo } from "./guard.ts";
import { createLookUp, createOriginsOf } from "./look-up.ts";
import { concernsToken, type ResponseView } from "./rejection.ts";
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
}

/** What a token is sent for. */
interface Sent {
  readonly client: TokenClient;
  readonly choice: Exclude<TokenChoice, false> | undefined;
  readonly signal: AbortSignal | undefined;
  /** Where the request goes. */
  readonly url: string;
}

/** A token on its way with one request. */
export interface Attachment extends Sent {
  /** The headers to set. */
  readonly headers: Readonly<Record<string, string>>;
  readonly token: AccessToken;
  /** This is the second try. */
  readonly retried: boolean;
}

type MaybePromise<T> = T | Promise<T>;

/** What every adapter does, and only here. An adapter translates its library's requests and responses. */
export interface Authorizer {
  /**
   * The token for a request; `undefined`: send it as it is. At once with a token in the cache.
   * @throws TokenError if no token can be had: the request is not to be sent
   */
  attach(request: RequestView, options?: AttachOptions): MaybePromise<Attachment | undefined>;
  /**
   * Judges a response. An attachment: send the request again with that, once, now. `undefined`: the response is
   * the caller's. With `canResend` false a refused token is replaced for the calls to come, in the background.
   */
  shouldRetry(
    sent: Attachment,
    response: ResponseView,
    canResend: boolean,
  ): MaybePromise<Attachment | undefined>;
}

/** Makes the authorizer of one `withClientToken`. Names are looked up when a request is made. */
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
      const sent = { client: chosen, choice, signal: extra.signal, url: request.url };
      const warm = chosen.peekToken(choice);
      if (warm !== undefined) return attach(sent, warm, false);
      return chosen.getToken(requestOf(sent)).then((token) => attach(sent, token, false));
    });
  };

  return {
    attach(request, extra = {}) {
      // The caller's own header stays.
      if ((request.header("authorization") ?? undefined) !== undefined) return undefined;
      if (extra.choice !== undefined || select === undefined) return choose(request, extra, extra.choice);
      return chain(select(request), (choice) => choose(request, extra, choice));
    },
    shouldRetry(sent, response, canResend) {
      if (response.status !== 401 || sent.retried) return undefined;
      const replacement = replace(sent, response);
      if (canResend) return replacement;
      replacement.catch(() => {});
      return undefined;
    },
  };
}

/** Goes on at once where it can: a warm token costs no turn of the event loop. */
function chain<T, R>(value: MaybePromise<T>, goOn: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}

async function replace(refused: Attachment, response: ResponseView): Promise<Attachment | undefined> {
  const { token, client, url } = refused;
  if (!(await concernsToken(response, url))) return undefined;
  try {
    const next = await client.rejectToken(token, requestOf(refused));
    return next.accessToken === token.accessToken ? undefined : attach(refused, next, true);
  } catch (error) {
    // No other token can be had: the API's own 401 says more to the caller.
    if (isTokenError(error)) return undefined;
    throw error;
  }
}

function attach({ client, choice, signal, url }: Sent, token: AccessToken, retried: boolean): Attachment {
  return { client, choice, signal, url, token, retried, headers: { authorization: token.authorization } };
}

/** What is asked of the client; the wait ends with either signal. */
function requestOf({ choice, signal }: Sent): TokenRequest {
  const signals = [choice?.signal, signal].filter((one) => one !== undefined);
  return { ...choice, signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0] };
}
