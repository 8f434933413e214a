/** Tokens that are bound to a key (RFC 9449): `@client-token/core/dpop`. */
import { createBoundedMap } from "../cache/bounded-map.ts";
import { checker } from "../options/checks.ts";
import { proofKeys, type Dpop } from "../options/dpop.ts";
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm } from "../keys/signing-algorithm.ts";
import { keyProblem, type DpopKey } from "./key-material.ts";
import { createKeyring } from "./keyring.ts";
import { createProofKey, type Nonces } from "./proof-key.ts";

export type { Dpop } from "../options/dpop.ts";
export type { PrivateJwk } from "../keys/private-jwk.ts";
export type { SigningAlgorithm } from "../keys/signing-algorithm.ts";
export type { DpopKey } from "./key-material.ts";

/** What {@link dpop} takes. */
export interface DpopOptions {
  /**
   * The key, or a function that gives the one in force (rotation), asked before each token request: the next token
   * is bound to what it gives, and the one in use keeps its own key. Processes with the same key share their tokens.
   * Left out: a key is made at first use; neither it nor its tokens leave this process.
   */
  readonly key?: DpopKey | (() => DpopKey | Promise<DpopKey>) | undefined;
  /**
   * How proofs are signed, as their header says it.
   * @defaultValue the `alg` of a JWK, what a `CryptoKey` was made for, else `"ES256"`
   */
  readonly algorithm?: SigningAlgorithm | undefined;
}

/** How many origins' nonces are remembered. */
const mostOrigins = 1000;

/**
 * Binds the tokens of a client to a key: each request carries a proof, made for it alone, that its sender has the
 * key, and a stolen token is of no use (RFC 9449). Nonces are kept for each origin; all clients that are given the
 * same value share key and nonces.
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
 * @throws ConfigurationError that names the option and the fix
 */
export function dpop(options: DpopOptions = {}): Dpop {
  const check = checker("dpop()");
  check.known(options, { key: 0, algorithm: 0 });
  const { key, algorithm } = options;
  if (algorithm !== undefined && !isSigningAlgorithm(algorithm)) {
    check.fail("algorithm", `is none of ${signingAlgorithms.join(", ")}.`);
  }
  const shareable = "key" in options;
  if (key === undefined && shareable) {
    check.fail("key", "is undefined: is it set? To have one made, leave the option out.");
  }
  const problem = key === undefined || typeof key === "function" ? undefined : keyProblem(key, algorithm);
  if (problem !== undefined) check.fail("key", `${problem}.`);

  const keyring = createKeyring(key, algorithm);
  const nonces: Nonces = createBoundedMap(mostOrigins);
  return {
    [proofKeys]: {
      shareable,
      current: async (client) => createProofKey(await keyring(client.name), nonces, client),
    },
  };
}
