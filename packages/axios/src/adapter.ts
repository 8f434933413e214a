import {
  createAuthorizer,
  type AnyManager,
  type Attachment,
  type Authorizer,
  type ClientReference,
  type DefaultManager,
  type WithClientTokenOptions,
} from "@client-token/core/adapter";
import {
  getAdapter,
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from "axios";
import { overlay } from "./overlay.ts";
import { repair } from "./repair.ts";
import { attach } from "./translation.ts";

/** A name, a function, or several to choose from. */
type AdapterOption = AxiosRequestConfig["adapter"];

/**
 * The adapter part: wraps an Axios adapter in one that puts the client's token on every request, and repairs a
 * 401 once if the body can be sent again. It runs beneath all interceptors, so that each of them sees one call,
 * whatever happens here. Wrapped twice, the later client wins.
 *
 * No instance is known here: unless the client names `origins`, tokens go to the origin of the `baseURL` that the
 * request came with.
 *
 * @param client a registered name, looked up when a request is made, or a handle
 * @returns a function that takes the adapter to wrap, by default the one that Axios would choose
 * @throws TokenError from the call, instead of sending a request without its token
 * @example
 * ```ts
 * import { clientTokenAdapter } from "@client-token/axios";
 * import axios from "axios";
 *
 * const adapter = clientTokenAdapter("invoices")("fetch");
 * const invoices = axios.create({ baseURL: "https://api.company.com", adapter });
 * ```
 * @see RFC 6750 §2.1
 */
export function clientTokenAdapter<M extends AnyManager = DefaultManager>(
  client: NoInfer<ClientReference<M>>,
  options?: WithClientTokenOptions<M>,
): (next?: AdapterOption) => AxiosAdapter {
  const authorizer = createAuthorizer<M>(client, options);
  return (next) => authorizedAdapter(authorizer, next);
}

/** The key of what lies beneath an adapter made here. */
const beneath: unique symbol = Symbol("beneath");

interface AuthorizedAdapter extends AxiosAdapter {
  [beneath]?: AdapterOption;
}

/** The types of Axios 1.16 do not know the second parameter yet. */
const adapterFor: (adapter: AdapterOption, config: InternalAxiosRequestConfig) => AxiosAdapter = getAdapter;

/** An adapter over `next`. Base URLs are those of `instance`, where one is known. */
export function authorizedAdapter(
  authorizer: Authorizer,
  next: AdapterOption,
  instance?: AxiosInstance,
): AxiosAdapter {
  const given: AuthorizedAdapter | undefined = typeof next === "function" ? next : undefined;
  const inner = given?.[beneath] ?? next ?? ["xhr", "http", "fetch"];
  const adapter: AuthorizedAdapter = async (config) => {
    const send = adapterFor(inner, config);
    const { baseURL } = instance?.defaults ?? config;
    const attaching = attach(authorizer, config, baseURL);
    const attachment = attaching instanceof Promise ? await attaching : attaching;
    if (!attachment) return send(config);

    const attempt = async (added: Attachment): Promise<AxiosResponse> => {
      const before = overlay(config, added);
      try {
        return await send(config);
      } finally {
        Object.assign(config, before);
      }
    };
    const sendWith = (added: Attachment): Promise<AxiosResponse> =>
      repair(authorizer, added, config, attempt(added), sendWith);
    return sendWith(attachment);
  };
  adapter[beneath] = inner;
  return adapter;
}
