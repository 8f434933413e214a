import { safeCause, type TokenClientError } from "../errors.ts";
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm } from "../keys/signing-algorithm.ts";
import { checker } from "../options/checks.ts";
import { credentialError, type ClientAssertion } from "../options/client-assertion.ts";
import { checkJwtOptions, signAssertion, type JwtOptions } from "./jwt.ts";
import { keyIdentity, keyProblem, ownKeyId, type PrivateKey } from "./private-key.ts";
import { sign } from "./sign.ts";

/** How a client signs with a private key. */
export interface PrivateKeyJwtOptions extends JwtOptions {
  /**
   * The private key, or a function that gives the one in force (rotation); asked like a `clientSecret` function.
   * Typed to take an environment variable; one that is not set is an error at construction.
   */
  readonly key: PrivateKey | undefined | (() => PrivateKey | Promise<PrivateKey>);
  /** How it signs, and what the header says: servers that do not know `"Ed25519"` know `"EdDSA"`. */
  readonly algorithm: SigningAlgorithm;
  /**
   * What the server knows the key by (`kid`).
   * @defaultValue the `kid` of a JWK, the `keyId` of a signer
   */
  readonly keyId?: string | undefined;
}

/**
 * Authenticates with assertions signed by a private key, `private_key_jwt` (RFC 7523 §2.2, OpenID Connect Core §9):
 * each try of a token request has one of its own.
 *
 * @example
 * ```ts
 * import { createTokenManager, privateKeyJwt } from "@client-token/core";
 *
 * const tokens = createTokenManager({
 *   clients: {
 *     invoices: {
 *       tokenEndpoint: "https://sts.company.com/connect/token",
 *       clientId: "invoices",
 *       clientAssertion: privateKeyJwt({ key: process.env.INVOICES_KEY, algorithm: "ES256", keyId: "2030-01" }),
 *     },
 *   },
 * });
 * ```
 * @throws ConfigurationError that names the option and the fix
 */
export function privateKeyJwt(options: PrivateKeyJwtOptions): ClientAssertion {
  const check = checker("privateKeyJwt");
  check.known(options, { key: 0, algorithm: 0, keyId: 0, audience: 0, lifetime: 0 });
  const { key, algorithm, keyId } = options;
  if (!isSigningAlgorithm(algorithm)) {
    check.fail("algorithm", `is none of ${signingAlgorithms.join(", ")}.`);
  }
  const problem = typeof key === "function" ? undefined : keyProblem(key, algorithm);
  if (problem !== undefined) check.fail("key", `${problem}.`);
  checkJwtOptions(options, check);

  return async (request) => {
    const current = typeof key === "function" ? await key() : key;
    const fail = (what: string, cause?: Error): TokenClientError =>
      credentialError(request.client, `the key of privateKeyJwt ${what}`, cause);
    const flaw = keyProblem(current, algorithm);
    if (current === undefined || flaw !== undefined) throw fail(String(flaw));
    const header = { alg: algorithm, kid: keyId ?? ownKeyId(current) };
    const assertion = await signAssertion(request, options, header, (data) =>
      sign(current, algorithm, data),
    ).catch((error: unknown) => {
      throw fail(
        `could not sign ${algorithm}, see the cause: check that it is whole, and for that algorithm`,
        safeCause(error),
      );
    });
    return { assertion, credential: keyIdentity(current) };
  };
}
