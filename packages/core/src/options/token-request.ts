import type { Assertion } from "./client-assertion.ts";

/** Form fields beside those of the protocol; an array sends its field several times. */
export type TokenParameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What one call may ask for, in place of what its client is configured with. */
export interface TokenRequest {
  /** The scope, as a space-separated string or a list (RFC 6749 §3.3). Replaces the client's. */
  readonly scope?: string | readonly string[] | undefined;
  /** One or several resource indicators (RFC 8707 §2). Replaces the client's. */
  readonly resource?: string | readonly string[] | undefined;
  /** Extra form fields; each one replaces the client's field of that name. */
  readonly parameters?: TokenParameters | undefined;
  /**
   * Ask the token endpoint even though a token is at hand. A request that is already in the air will do; a
   * remembered failure is reported as it is.
   * @defaultValue false
   */
  readonly forceRenewal?: boolean | undefined;
  /**
   * An assertion of the caller's own, in place of the client's secret or assertion, for the token request that this
   * call starts. Not part of the key: a call that finds a token, or joins a token request, does without.
   */
  readonly clientAssertion?: string | Assertion | undefined;
  /** Ends this caller's wait, and nobody else's. */
  readonly signal?: AbortSignal | undefined;
  /** Handed to `onEvent` as it is. Never sent, never part of the cache key. */
  readonly context?: unknown;
}
