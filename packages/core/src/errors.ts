const brand = Symbol.for("@client-token/core.error");

/**
 * A mistake in the options or in a client's name, found where it is made: at construction, or in the call that
 * names the client. The message begins with the option and ends with what to change.
 */
export class ConfigurationError extends TypeError {
  override readonly name = "ConfigurationError" as const;
  readonly code = "ERR_TOKEN_CONFIGURATION" as const;
}

/** What every error of this package carries. */
interface TokenErrorInit {
  /** The name of the client the token was for. */
  readonly client: string;
  readonly cause?: unknown;
}

/**
 * The base of all errors that end a call for a token at run time. Messages say what failed, for which client
 * and what to do; no message, `cause` or property ever holds a token, a secret or a response body.
 *
 * @example
 * ```ts
 * import { isTokenError, withClientToken } from "@client-token/core";
 *
 * const invoices = withClientToken("invoices")(fetch);
 * try {
 *   await invoices("https://api.company.com/list");
 * } catch (error) {
 *   if (isTokenError(error)) process.stderr.write(`${error.code} for ${error.client}\n`);
 *   else throw error;
 * }
 * ```
 */
export abstract class TokenError<Init extends TokenErrorInit = TokenErrorInit> extends Error {
  /** Which failure this is; each subclass lists its own. */
  abstract readonly code: string;
  /** The name of the client the token was for. */
  declare readonly client: string;
  /**
   * Until when (epoch milliseconds) the token endpoint is left alone: calls before then that find no token get
   * this error again.
   */
  declare readonly retryAt?: number;

  constructor(message: string, { cause, ...fields }: Init) {
    super(`Client "${fields.client}": ${message}`, cause === undefined ? undefined : { cause });
    Object.defineProperty(Object.assign(this, fields), brand, { value: true });
  }
}

/** The token endpoint gave no answer: it could not be reached, or not in time. */
export class TokenRequestError extends TokenError<TokenErrorInit & Pick<TokenRequestError, "code">> {
  override readonly name = "TokenRequestError" as const;
  declare readonly code: "ERR_TOKEN_REQUEST_UNREACHABLE" | "ERR_TOKEN_REQUEST_TIMEOUT";
}

/**
 * The token endpoint answered, and not with a token. `ERR_TOKEN_REFUSED`: an OAuth error (RFC 6749 §5.2) says
 * why, see `error`. `ERR_TOKEN_ENDPOINT_STATUS`: an HTTP status without one, for example a proxy's 503.
 */
export class TokenEndpointError extends TokenError<
  TokenErrorInit & Pick<TokenEndpointError, "code" | "status" | "error" | "errorDescription" | "retryAfter">
> {
  override readonly name = "TokenEndpointError" as const;
  declare readonly code: "ERR_TOKEN_REFUSED" | "ERR_TOKEN_ENDPOINT_STATUS";
  /** The HTTP status of the answer. */
  declare readonly status: number;
  /** The OAuth error code, for example `invalid_client`. */
  declare readonly error: string | undefined;
  /** The server's own words, with every credential that was sent blotted out. */
  declare readonly errorDescription: string | undefined;
  /** How long the server asks to wait, in milliseconds (`Retry-After`, RFC 9110 §10.2.3). */
  declare readonly retryAfter: number | undefined;
}

/**
 * The token endpoint reported success, but what it sent is no token: not JSON (`ERR_TOKEN_RESPONSE_MALFORMED`),
 * without an `access_token` (`ERR_TOKEN_RESPONSE_INCOMPLETE`), of a type that was not asked for
 * (`ERR_TOKEN_RESPONSE_TYPE`), already expired (`ERR_TOKEN_RESPONSE_EXPIRED`), or longer than 1 MiB
 * (`ERR_TOKEN_RESPONSE_TOO_LARGE`).
 */
export class TokenResponseError extends TokenError<
  TokenErrorInit & Pick<TokenResponseError, "code" | "status">
> {
  override readonly name = "TokenResponseError" as const;
  declare readonly code:
    | "ERR_TOKEN_RESPONSE_MALFORMED"
    | "ERR_TOKEN_RESPONSE_INCOMPLETE"
    | "ERR_TOKEN_RESPONSE_TYPE"
    | "ERR_TOKEN_RESPONSE_EXPIRED"
    | "ERR_TOKEN_RESPONSE_TOO_LARGE";
  /** The HTTP status of the answer. */
  declare readonly status: number;
}

/**
 * The token could not be asked for: the client's options function or `resolveClient` failed
 * (`ERR_TOKEN_CLIENT_OPTIONS`), its credential callback failed (`ERR_TOKEN_CREDENTIAL`), its issuer's metadata are of
 * no use (`ERR_TOKEN_DISCOVERY`), the shared cache did not take a deletion (`ERR_TOKEN_CACHE`), the manager is closed
 * (`ERR_TOKEN_MANAGER_CLOSED`), or the request goes where this client's tokens may not go (`ERR_TOKEN_ORIGIN`).
 */
export class TokenClientError extends TokenError<TokenErrorInit & Pick<TokenClientError, "code">> {
  override readonly name = "TokenClientError" as const;
  declare readonly code:
    | "ERR_TOKEN_CLIENT_OPTIONS"
    | "ERR_TOKEN_CREDENTIAL"
    | "ERR_TOKEN_DISCOVERY"
    | "ERR_TOKEN_CACHE"
    | "ERR_TOKEN_MANAGER_CLOSED"
    | "ERR_TOKEN_ORIGIN";
}

/** All errors of a call for a token; `switch (error.code)` narrows it. */
export type AnyTokenError = TokenRequestError | TokenEndpointError | TokenResponseError | TokenClientError;

/** Whether `value` is an error of this package, also one of another copy of it. */
export function isTokenError(value: unknown): value is AnyTokenError {
  return typeof value === "object" && value !== null && brand in value;
}

/**
 * Another library's error, as far as it may be shown. HTTP clients and stores hang whole requests and commands on
 * their errors, so only names, codes and messages are taken over, and the messages through `redact`.
 */
export function safeCause(
  error: unknown,
  redact: (text: string) => string = String,
  depth = 3,
): Error | undefined {
  if (!(error instanceof Error) || depth === 0) return undefined;
  const cause = safeCause(error.cause, redact, depth - 1);
  const safe = new Error(redact(error.message), cause === undefined ? undefined : { cause });
  safe.name = error.name;
  if ("code" in error) Object.assign(safe, { code: redact(String(error.code)) });
  return safe;
}
