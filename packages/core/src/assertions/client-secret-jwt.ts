import { checker } from "../options/checks.ts";
import { credentialError, type ClientAssertion } from "../options/client-assertion.ts";
import type { ClientSecret } from "../options/client-options.ts";
import { checkJwtOptions, signAssertion, type JwtOptions } from "./jwt.ts";

/** How a client signs with its shared secret. */
export interface ClientSecretJwtOptions extends JwtOptions {
  /** @defaultValue `"HS256"` */
  readonly algorithm?: "HS256" | "HS384" | "HS512" | undefined;
}

/**
 * Authenticates with assertions signed by the shared secret, `client_secret_jwt` (RFC 7523 §2.2, OpenID Connect Core
 * §9): the secret itself is not sent. Each try of a token request has an assertion of its own.
 *
 * @param secret - as `clientSecret`: a string, or a function that gives the one in force
 * @example
 * ```ts
 * import { clientSecretJwt, createTokenManager } from "@client-token/core";
 *
 * const tokens = createTokenManager({
 *   clients: {
 *     invoices: {
 *       tokenEndpoint: "https://sts.company.com/connect/token",
 *       clientId: "invoices",
 *       clientAssertion: clientSecretJwt(process.env.INVOICES_SECRET),
 *     },
 *   },
 * });
 * ```
 * @throws ConfigurationError that names the option and the fix
 */
export function clientSecretJwt(
  secret: ClientSecret | undefined,
  options: ClientSecretJwtOptions = {},
): ClientAssertion {
  const check = checker("clientSecretJwt");
  check.known(options, { algorithm: 0, audience: 0, lifetime: 0 });
  const { algorithm = "HS256" } = options;
  if (!/^HS(256|384|512)$/.test(algorithm)) check.fail("algorithm", "is none of HS256, HS384, HS512.");
  if (typeof secret !== "function") check.string("secret", secret, "is the environment variable set?");
  checkJwtOptions(options, check);
  const hmac = { name: "HMAC", hash: `SHA-${algorithm.slice(2)}` };

  return async (request) => {
    const current = typeof secret === "function" ? await secret() : secret;
    if (typeof current !== "string" || current === "") {
      throw credentialError(
        request.client,
        "the secret function of clientSecretJwt gave no secret: return a non-empty string",
      );
    }
    const bytes = new TextEncoder().encode(current);
    const assertion = await signAssertion(request, options, { alg: algorithm }, async (data) => {
      const key = await crypto.subtle.importKey("raw", bytes, hmac, false, ["sign"]);
      return new Uint8Array(await crypto.subtle.sign(hmac, key, data));
    });
    return { assertion, credential: current };
  };
}
