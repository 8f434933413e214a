import {
  createAuthorizer,
  type AnyManager,
  type ClientReference,
  type DefaultManager,
  type WithClientTokenOptions,
} from "@client-token/core/adapter";
import { inForce } from "./hook-state.ts";
import { createHooks, type ClientTokenHooks } from "./hooks.ts";

/** Options for ky 1 and ky 2 alike; give them to `extend`, `create` or a single call. */
export interface ClientTokenKyOptions {
  readonly hooks: ClientTokenHooks;
  readonly context: Record<string, unknown>;
}

/**
 * ky options that put the client's token on every request, and repair a 401 once, within ky's own retry limit.
 * Where several are in force, the last one wins. A call chooses another token, or none, with a
 * `TokenChoice` as `context.clientToken`.
 *
 * @param client a registered name, looked up when a request is made, or a handle
 * @throws TokenError from the call, instead of sending a request without its token
 * @example
 * ```ts
 * import ky from "ky";
 * import { withClientToken } from "@client-token/ky";
 *
 * const invoices = ky.extend(withClientToken("invoices"));
 * await invoices.get("https://api.company.com/list", { context: { clientToken: { scope: "list" } } });
 * ```
 * @see RFC 6750 §2.1
 */
export function withClientToken<M extends AnyManager = DefaultManager>(
  client: NoInfer<ClientReference<M>>,
  options?: WithClientTokenOptions<M>,
): ClientTokenKyOptions {
  const identity = Symbol(typeof client === "string" ? client : client.name);
  return {
    hooks: createHooks(createAuthorizer<M>(client, options), identity),
    context: { [inForce]: identity },
  };
}
