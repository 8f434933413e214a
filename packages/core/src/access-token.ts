/**
 * An access token and what its issuer said about it (RFC 6749 §5.1).
 *
 * The token itself is not an own property: spreading, `JSON.stringify`, template strings, `console.log` and
 * log serialisers show everything but the token.
 */
export interface AccessToken {
  /** The token, for callers that place it themselves. */
  readonly accessToken: string;
  /** The value for an `Authorization` header, for example `Bearer eyJ…`. */
  readonly authorization: string;
  /** How the token is presented (RFC 6750, RFC 9449), whatever case the server wrote it in. */
  readonly tokenType: "Bearer" | "DPoP";
  /** When the token ends, in epoch milliseconds. */
  readonly expiresAt: number;
  /** The granted scope, if the server named it. */
  readonly scope: string | undefined;
  /** The client the token was issued to. */
  readonly clientId: string;
  /** Everything but the token. */
  toJSON(): Record<string, unknown>;
  /** A short description without the token. */
  toString(): string;
}

/** What an {@link AccessToken} is made of. */
export interface AccessTokenFields {
  readonly accessToken: string;
  readonly tokenType: "Bearer" | "DPoP";
  readonly expiresAt: number;
  readonly scope: string | undefined;
  readonly clientId: string;
}

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A class for the sake of `#authorization`, the one place that nothing can enumerate. */
class RedactedToken implements AccessToken {
  readonly #authorization: string;
  declare readonly tokenType: "Bearer" | "DPoP";
  declare readonly expiresAt: number;
  declare readonly scope: string | undefined;
  declare readonly clientId: string;

  constructor({ accessToken, ...shown }: AccessTokenFields) {
    this.#authorization = `${shown.tokenType} ${accessToken}`;
    Object.freeze(Object.assign(this, shown));
  }

  get authorization(): string {
    return this.#authorization;
  }

  get accessToken(): string {
    return this.#authorization.slice(this.tokenType.length + 1);
  }

  toJSON(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this));
  }

  toString(): string {
    return `[${this.tokenType} token of ${this.clientId}]`;
  }

  [inspect](): string {
    return `AccessToken ${JSON.stringify(this)}`;
  }
}

/** Makes an {@link AccessToken}. */
export function createAccessToken(fields: AccessTokenFields): AccessToken {
  return new RedactedToken(fields);
}

/** Whether `value` can be a token on the wire: the `b68`/`VSCHAR` alphabet of RFC 6750 §2.1 and RFC 6749 A.12. */
export function isTokenSyntax(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}
