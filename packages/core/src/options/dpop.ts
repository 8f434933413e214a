import type { ProofKey } from "../access-token.ts";
import type { ResolvedClient } from "./resolve-client.ts";

/**
 * Binds a client's tokens to a key (RFC 9449); `dpop()` of `@client-token/core/dpop` makes it.
 *
 * @example
 * ```ts
 * import { createTokenManager } from "@client-token/core";
 * import { dpop } from "@client-token/core/dpop";
 *
 * const tokens = createTokenManager({
 *   clients: {
 *     invoices: {
 *       tokenEndpoint: "https://sts.company.com/connect/token",
 *       clientId: "invoices",
 *       clientSecret: "s3cret",
 *       dpop: dpop(),
 *     },
 *   },
 * });
 * ```
 */
export interface Dpop {
  /** @internal */
  readonly [proofKeys]: ProofKeys;
}

/** What {@link Dpop} brings along; registered, so that two copies of the package agree. */
export const proofKeys: unique symbol = Symbol.for("@client-token/core.dpop");

/** The keys of a client. */
export interface ProofKeys {
  /** The key was given, so that other processes may have it too. Otherwise the tokens are of use to this one only. */
  readonly shareable: boolean;
  /**
   * The key that a new token is to be bound to. A function that gives it is asked each time, without a time limit.
   * @throws TokenClientError if there is no usable key
   */
  current(client: KeyHolder): Promise<ProofKey>;
}

/** Whom the key is for: named in errors, and by whose clock its proofs go. */
export type KeyHolder = Pick<ResolvedClient, "name" | "clock" | "clockCorrections">;
