import { TokenClientError } from "../errors.ts";

/** What an assertion is needed for. */
export interface AssertionRequest {
  /** The name the client is registered under. */
  readonly client: string;
  /** The client identifier (RFC 6749 §2.2): the `iss` and `sub` of an assertion that the client signs itself. */
  readonly clientId: string;
  /** Whom the assertion is for: the issuer, where the client names one, else the token endpoint. */
  readonly audience: string;
  /** The URL that the assertion is sent to. */
  readonly tokenEndpoint: string;
  /** The time in epoch milliseconds, by the server's clock where that is known to differ. */
  readonly now: number;
}

/** An assertion, with more than its text. */
export interface Assertion {
  /** What is sent as `client_assertion`. */
  readonly assertion: string;
  /**
   * What is sent as `client_assertion_type`.
   * @defaultValue `"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"`
   */
  readonly type?: string | undefined;
  /**
   * What stands behind the assertion: a key, a secret, the content of a file. It stays the same (`===`) for as long
   * as that does. After a refusal only another one is tried at once. Compared in this process's memory, and nothing
   * else.
   * @defaultValue the assertion itself
   */
  readonly credential?: unknown;
}

/**
 * Gives an assertion in place of a secret (RFC 7521 §4.2); asked before each try of a token request. One that signs
 * a new assertion each time says in {@link Assertion.credential} what it signs with.
 *
 * @example
 * ```ts
 * import { createTokenManager, type ClientAssertion } from "@client-token/core";
 *
 * declare const vault: { identityToken(audience: string): Promise<string> };
 *
 * const clientAssertion: ClientAssertion = ({ audience }) => vault.identityToken(audience);
 * const tokens = createTokenManager({
 *   clients: {
 *     invoices: {
 *       tokenEndpoint: "https://sts.company.com/connect/token",
 *       clientId: "invoices",
 *       clientAssertion,
 *     },
 *   },
 * });
 * ```
 */
export type ClientAssertion = (request: AssertionRequest) => string | Assertion | Promise<string | Assertion>;

/** A credential that could not be had, or is of no use. */
export function credentialError(client: string, problem: string, cause?: Error): TokenClientError {
  return new TokenClientError(`${problem}.`, { client, code: "ERR_TOKEN_CREDENTIAL", cause });
}
