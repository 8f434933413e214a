import {
  createAuthorizer,
  type AnyManager,
  type Attachment,
  type ClientReference,
  type DefaultManager,
  type WithClientTokenOptions,
} from "@client-token/core/adapter";
import {
  Axios,
  AxiosHeaders,
  isAxiosError,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from "axios";
import { overlay } from "./overlay.ts";
import { repair } from "./repair.ts";
import { attach } from "./translation.ts";

/** The arguments of `instance.interceptors.request.use` and of `instance.interceptors.response.use`. */
export interface ClientTokenInterceptors {
  readonly request: readonly [
    onFulfilled: (
      config: InternalAxiosRequestConfig,
    ) => InternalAxiosRequestConfig | Promise<InternalAxiosRequestConfig>,
  ];
  readonly response: readonly [
    onFulfilled: (response: AxiosResponse) => Promise<AxiosResponse>,
    onRejected: (reason: unknown) => Promise<AxiosResponse>,
  ];
}

/**
 * What was sent goes along with the config. A function, under a string: Axios 1.16 loses symbols and copies
 * objects where it merges configs, and what nobody can print leaks no token.
 */
type Carrier = InternalAxiosRequestConfig & { clientTokenSent?: () => Worn };

/** What a config carries, and what it was like before. */
type Worn = readonly [sent: Attachment, before: object];

/**
 * The interceptor parts, for instances whose other interceptors have to see the header (signatures). The request
 * part puts the token on, the response part takes it off the config again and repairs a 401 once if the body can
 * be sent again, with the config's own adapter and past all other interceptors.
 *
 * No instance is known here: unless the client names `origins`, tokens go to the origin of the `baseURL` that the
 * request came with.
 *
 * @param client a registered name, looked up when a request is made, or a handle
 * @throws TokenError from the call, instead of sending a request without its token
 * @example
 * ```ts
 * import { clientTokenInterceptors } from "@client-token/axios";
 * import axios from "axios";
 *
 * const invoices = axios.create({ baseURL: "https://api.company.com" });
 * const { request, response } = clientTokenInterceptors("invoices");
 * invoices.interceptors.request.use(...request);
 * invoices.interceptors.response.use(...response);
 * ```
 * @see RFC 6750 §2.1
 */
export function clientTokenInterceptors<M extends AnyManager = DefaultManager>(
  client: NoInfer<ClientReference<M>>,
  options?: WithClientTokenOptions<M>,
): ClientTokenInterceptors {
  const authorizer = createAuthorizer<M>(client, options);
  // No defaults and no other interceptors: the config has been through all that.
  const bare = new Axios({});
  const settle = (config: Carrier, answer: Promise<AxiosResponse>): Promise<AxiosResponse> => {
    const sent = takeOff(config);
    if (!sent) return answer;
    return repair(authorizer, sent, config, answer, (again) =>
      bare.request(putOn({ ...config, transformRequest: [] }, again)),
    );
  };
  const interceptors: ClientTokenInterceptors = {
    request: [
      async (config) => {
        // From an attempt that ended before its answer came through here: a proof is good for one.
        takeOff(config);
        return putOn(config, await attach(authorizer, config, config.baseURL));
      },
    ],
    response: [
      async (response) => settle(response.config, Promise.resolve(response)),
      async (reason) => {
        if (!isAxiosError(reason) || !reason.config) throw reason;
        return settle(reason.config, Promise.reject(reason));
      },
    ],
  };
  bare.interceptors.response.use(...interceptors.response);
  return interceptors;
}

function putOn(config: Carrier, sent: Attachment | undefined): Carrier {
  if (sent) {
    const before = overlay(config, sent);
    config.clientTokenSent = () => [sent, before];
  }
  return config;
}

/** What was sent, if it is still there: later interceptors may have set a header of their own. */
function takeOff(config: Carrier): Attachment | undefined {
  const [sent, before] = config.clientTokenSent?.() ?? [];
  if (!sent) return undefined;
  const headers = AxiosHeaders.from(config.headers);
  // Where a redirect has led away from its origin, there is none on either side.
  if (headers.get("authorization") !== sent.headers["authorization"]) return undefined;
  headers.delete(Object.keys(sent.headers));
  Object.assign(config, before, { headers, clientTokenSent: undefined });
  return sent;
}
