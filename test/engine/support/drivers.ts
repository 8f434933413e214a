import { withClientToken, type TokenClient } from "@client-token/core";
import { withClientToken as withAxiosToken } from "@client-token/axios";
import { withClientToken as withKyToken } from "@client-token/ky";
import axios from "axios";
import ky from "ky";

/** One call of the API; resolves with its status, rejects as the HTTP client does where there is none. */
export type Call = (options?: { readonly signal?: AbortSignal }) => Promise<number>;

/** Who looks up the client's name. */
type Manager = { client(name: string): TokenClient };

/** An HTTP client that puts the tokens of the client `invoices` on its calls. */
export interface Driver {
  readonly name: string;
  readonly connect: (api: string, manager: Manager) => Call;
}

/** The three HTTP clients; none of them tries again on its own account, so that all repetitions are ours. */
export const drivers: readonly Driver[] = [
  {
    name: "fetch",
    connect(api, manager) {
      const invoices = withClientToken("invoices", { manager })(fetch);
      return async ({ signal } = {}) => {
        const response = await invoices(api, { signal: signal ?? null });
        await response.arrayBuffer();
        return response.status;
      };
    },
  },
  {
    name: "ky",
    connect(api, manager) {
      const invoices = ky.extend({
        ...withKyToken("invoices", { manager }),
        throwHttpErrors: false,
        timeout: false,
        // One retry for the repair of a 401, which ky makes whatever the method; none of ky's own.
        retry: { limit: 1, methods: [] },
      });
      return async ({ signal } = {}) => {
        const response = await invoices(api, signal === undefined ? {} : { signal });
        await response.arrayBuffer();
        return response.status;
      };
    },
  },
  {
    name: "Axios",
    connect(api, manager) {
      const instance = axios.create({ baseURL: api, validateStatus: () => true });
      const invoices = withAxiosToken("invoices", { manager })(instance);
      return async ({ signal } = {}) => {
        const { status } = await invoices.get("/", signal === undefined ? {} : { signal });
        return status;
      };
    },
  },
];
