import type { TokenClient } from "./client.ts";
import { ConfigurationError } from "./errors.ts";
import { createTokenManager, type ResolvingOptions, type TokenManager } from "./manager.ts";
import type { ManagerOptions } from "./options/manager-options.ts";

/**
 * Tells the compiler which manager is the process-wide default, so that client names are checked.
 *
 * @example
 * ```ts
 * import { configureClientTokens } from "@client-token/core";
 *
 * export const tokens = configureClientTokens({ clients: {} });
 *
 * declare module "@client-token/core" {
 *   interface Register {
 *     manager: typeof tokens;
 *   }
 * }
 * ```
 */
export interface Register {}

/** Anything that gives out client handles by name. */
export interface AnyManager {
  client(name: never): TokenClient;
}

/** The names a manager serves. */
export type NameOf<M> = M extends { client(name: infer Name extends string): TokenClient } ? Name : never;

/** The manager that {@link Register} names, else one that serves any name. */
export type DefaultManager = Register extends { manager: infer M extends AnyManager } ? M : TokenManager;

/** What {@link configureClientTokens} takes beside the manager's own options. */
interface DefaultManagerOptions {
  /**
   * Take the place of an earlier default manager that is not closed (hot reload). Names are then served by the
   * new one; the old one goes on working for whoever holds it.
   * @defaultValue false
   */
  readonly replace?: boolean | undefined;
}

/** One place for the process, whichever copy of the package asks. */
const place = Symbol.for("@client-token/core.default-manager");
const globals: typeof globalThis & { [place]?: TokenManager } = globalThis;

/**
 * Makes a token manager and installs it as the process-wide default, which serves clients by name.
 *
 * @throws ConfigurationError if there is one already, or for a bad option
 * @example
 * ```ts
 * import { configureClientTokens, withClientToken } from "@client-token/core";
 *
 * configureClientTokens({
 *   clients: {
 *     invoices: { tokenEndpoint: "https://sts.company.com/connect/token", clientId: "invoices", clientSecret: "s3cret" },
 *   },
 * });
 * const invoicesFetch = withClientToken("invoices")(fetch);
 * ```
 */
export function configureClientTokens(options: ResolvingOptions & DefaultManagerOptions): TokenManager;
export function configureClientTokens<Name extends string>(
  options: ManagerOptions<Name> & DefaultManagerOptions,
): TokenManager<Name>;
export function configureClientTokens(options: ManagerOptions & DefaultManagerOptions): TokenManager {
  const { replace = false, ...managerOptions } = options;
  const installed = globals[place];
  if (installed !== undefined && !installed.stats().closed && !replace) {
    throw new ConfigurationError(
      "configureClientTokens was called before: close the first manager, or give replace: true.",
    );
  }
  const manager = createTokenManager(managerOptions);
  globals[place] = manager;
  return manager;
}

/** @throws ConfigurationError if none is installed */
export function defaultManager(): TokenManager {
  const manager = globals[place];
  if (manager !== undefined) return manager;
  throw new ConfigurationError(
    "There is no default token manager: call configureClientTokens first, or give a manager or a handle.",
  );
}
