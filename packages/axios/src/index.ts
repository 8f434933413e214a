import type { TokenChoice } from "@client-token/core";

export { clientTokenAdapter } from "./adapter.ts";
export { clientTokenInterceptors, type ClientTokenInterceptors } from "./interceptors.ts";
export { withClientToken } from "./with-client-token.ts";

declare module "axios" {
  // Without type parameters: Axios changed their number.
  interface AxiosRequestConfig {
    /** The token of this request: `false` for none, or what to ask for in place of the usual one. */
    clientToken?: TokenChoice | undefined;
  }
}
