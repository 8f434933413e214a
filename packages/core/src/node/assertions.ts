import { readFile } from "node:fs/promises";
import { env } from "node:process";
import { safeCause } from "../errors.ts";
import { checker, type Checker } from "../options/checks.ts";
import { credentialError, type ClientAssertion } from "../options/client-assertion.ts";

/** How an assertion that somebody else signed is sent. */
export interface AssertionSourceOptions {
  /**
   * What is sent as `client_assertion_type`.
   * @defaultValue `"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"`
   */
  readonly type?: string | undefined;
}

/**
 * An assertion that the platform keeps in a file, for example a projected service account token of Kubernetes. The
 * file is read before each try of a token request: what replaced its content is used for the next one.
 *
 * @param path - the file; white space around its content is left out. Typed to take an environment variable
 * @example
 * ```ts
 * import { createTokenManager } from "@client-token/core";
 * import { assertionFromFile } from "@client-token/core/node";
 *
 * const tokens = createTokenManager({
 *   clients: {
 *     invoices: {
 *       tokenEndpoint: "https://sts.company.com/connect/token",
 *       clientId: "invoices",
 *       clientAssertion: assertionFromFile("/var/run/secrets/tokens/sts-token"),
 *     },
 *   },
 * });
 * ```
 * @throws ConfigurationError that names the option and the fix
 */
export function assertionFromFile(
  path: string | URL | undefined,
  options: AssertionSourceOptions = {},
): ClientAssertion {
  const check = checker("assertionFromFile");
  const file = path instanceof URL ? path : check.string("path", path, "is the environment variable set?");
  const type = readType(options, check);
  return async ({ client }) => {
    const content = await readFile(file, "utf8").catch((error: unknown) => {
      throw credentialError(
        client,
        `the assertion file ${String(file)} could not be read, see the cause`,
        safeCause(error),
      );
    });
    const assertion = content.trim();
    if (assertion === "") {
      throw credentialError(client, `the assertion file ${String(file)} is empty: check what writes it`);
    }
    return { assertion, type };
  };
}

/**
 * An assertion in an environment variable, looked up before each try of a token request.
 *
 * @param name - the variable; white space around its value is left out
 * @example
 * ```ts
 * import { assertionFromEnv } from "@client-token/core/node";
 *
 * const clientAssertion = assertionFromEnv("INVOICES_ASSERTION");
 * ```
 * @throws ConfigurationError that names the option and the fix
 */
export function assertionFromEnv(name: string, options: AssertionSourceOptions = {}): ClientAssertion {
  const check = checker("assertionFromEnv");
  check.string("name", name, "give the name of the variable.");
  const type = readType(options, check);
  return ({ client }) => {
    const assertion = env[name]?.trim() ?? "";
    if (assertion === "") {
      throw credentialError(client, `the environment variable ${name} holds no assertion: set it`);
    }
    return { assertion, type };
  };
}

function readType(options: AssertionSourceOptions, check: Checker): string | undefined {
  check.known(options, { type: 0 });
  const { type } = options;
  return type === undefined ? type : check.string("type", type, "give the URN that the server knows it by.");
}
