import type { DPoPHandle } from "oauth4webapi";

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
  /** @internal */
  readonly [proofKey]?: ProofKey | undefined;
}

/** Where a token has the key that it is bound to; registered, so that two copies of the package agree. */
export const proofKey: unique symbol = Symbol.for("@client-token/core.proof-key");

/** A key that tokens are bound to (RFC 9449), with what its proofs have to know of each server. */
export interface ProofKey {
  /** The JWK SHA-256 thumbprint (RFC 7638), base64url: the `jkt` of the token's confirmation (RFC 9449 §6.1). */
  readonly thumbprint: string;
  /** The `DPoP` option of one token request; each one has a proof of its own. */
  handle(): DPoPHandle;
  /** The value of the `DPoP` header for one request to an API. */
  prove(method: string, url: URL, accessToken: string): Promise<string>;
  /**
   * Takes note of the nonce in any answer of `url`, and of the server's clock in one that says `error`. What it
   * gives is worth one more try with a fresh proof, once for each reason.
   */
  learn(url: URL, header: HeaderReader, error: string | undefined): ProofRepair | undefined;
  /**
   * Where an answer sends a request on to: a proof is good for one URL, and the HTTP client shall take it to no other.
   * With `canResend` false only where it goes without a body.
   */
  redirect(from: Route, status: number, header: HeaderReader, canResend: boolean): Redirect | undefined;
}

/** What was wrong with a proof. */
export type ProofRepair = "nonce" | "clock";

/** The headers of a response; names are in lower case. */
export type HeaderReader = (name: string) => string | null | undefined;

/** What redirects change of a request. */
export interface Route {
  readonly method: string;
  /** Where the request goes. */
  readonly url: string;
  /** How many redirects may still be followed. */
  readonly redirects: number;
  /** Redirects have led to `url` and `method`. */
  readonly moved: boolean;
  /** The body that the request had at first goes along. */
  readonly withBody: boolean;
}

/** The next step of a redirect (RFC 9110 §15.4). */
export interface Redirect extends Route {
  /** It leads to another origin. */
  readonly leaves: boolean;
  /** The headers that do not go along. */
  readonly without: readonly string[];
}

/** What an {@link AccessToken} is made of. */
export interface AccessTokenFields {
  readonly accessToken: string;
  readonly tokenType: "Bearer" | "DPoP";
  readonly expiresAt: number;
  readonly scope: string | undefined;
  readonly clientId: string;
  /** The key that the token is bound to; only for DPoP tokens. */
  readonly key?: ProofKey | undefined;
}

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A class for the sake of `#authorization`, the one place that nothing can enumerate. */
class RedactedToken implements AccessToken {
  readonly #authorization: string;
  readonly #key: ProofKey | undefined;
  declare readonly tokenType: "Bearer" | "DPoP";
  declare readonly expiresAt: number;
  declare readonly scope: string | undefined;
  declare readonly clientId: string;

  constructor({ accessToken, key, ...shown }: AccessTokenFields) {
    this.#authorization = `${shown.tokenType} ${accessToken}`;
    this.#key = key;
    Object.freeze(Object.assign(this, shown));
  }

  get authorization(): string {
    return this.#authorization;
  }

  get accessToken(): string {
    return this.#authorization.slice(this.tokenType.length + 1);
  }

  get [proofKey](): ProofKey | undefined {
    return this.#key;
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
