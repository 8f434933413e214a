import {
  createAuthorizer,
  type AnyManager,
  type Authorizer,
  type ClientReference,
  type DefaultManager,
  type WithClientTokenOptions,
} from "@client-token/core/adapter";
import type { AxiosInstance } from "axios";
import { authorizedAdapter } from "./adapter.ts";

/** The client that an instance was given last. */
const inForce = new WeakMap<AxiosInstance, Authorizer>();

/**
 * A decorator that puts the client's token on every request of an Axios instance, and repairs a 401 once if the
 * body can be sent again. It works on the instance given and returns it; applied twice, the later client wins.
 * A request chooses another token, or none, with a `TokenChoice` as `clientToken` in its config.
 *
 * Of the two parts it uses the adapter: it sees a 401 whether `validateStatus` makes it an error or not, a second
 * try does not run interceptors and `transformRequest` again, and the token never shows in a config. A request
 * interceptor lays it over the adapter of each request, so that an `adapter` of the request's own gets the token
 * too, and instances made with `instance.create()` do not get it unasked.
 *
 * Unless the client names `origins`, tokens go to the origin of the instance's own `baseURL`.
 *
 * @param client a registered name, looked up when a request is made, or a handle
 * @throws TokenError from the call, instead of sending a request without its token
 * @example
 * ```ts
 * import { withClientToken } from "@client-token/axios";
 * import axios from "axios";
 *
 * const invoices = withClientToken("invoices")(axios.create({ baseURL: "https://api.company.com" }));
 * const { data } = await invoices.get("/list", { clientToken: { scope: "list" } });
 * ```
 * @see RFC 6750 §2.1
 */
export function withClientToken<M extends AnyManager = DefaultManager>(
  client: NoInfer<ClientReference<M>>,
  options?: WithClientTokenOptions<M>,
): <T extends AxiosInstance>(instance: T) => T {
  const authorizer = createAuthorizer<M>(client, options);
  return (instance) => {
    inForce.set(instance, authorizer);
    instance.interceptors.request.use(
      (config) => {
        config.adapter = authorizedAdapter(authorizer, config.adapter, instance);
        return config;
      },
      null,
      { synchronous: true, runWhen: () => inForce.get(instance) === authorizer },
    );
    return instance;
  };
}
