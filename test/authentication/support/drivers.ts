import { withClientToken as withAxiosToken } from "@client-token/axios";
import { withClientToken, type SelectToken, type TokenChoice, type TokenClient } from "@client-token/core";
import { withClientToken as withKyToken } from "@client-token/ky";
import axios from "axios";
import ky from "ky";
import { Agent } from "node:https";
import { secureFetch } from "./secure-fetch.ts";
import { authority } from "../../../packages/core/test/support/listener.ts";
import type { Certificate } from "../../../packages/core/test/support/certificates.ts";

/** One call of an API, which may choose another token than the configured one. */
type Call = (url: string, choice?: TokenChoice) => Promise<Answer>;

/** What the API said. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface CallOptions {
  /** What the client presents over TLS. */
  readonly certificate?: Certificate | undefined;
  /** Chooses for calls that do not. */
  readonly select?: SelectToken | undefined;
}

/** Who looks up the client's name. */
type Manager = { client(name: string): TokenClient };

/** An HTTP client that puts the tokens of the client `invoices` on its calls. */
export interface Driver {
  readonly name: string;
  readonly connect: (manager: Manager, options?: CallOptions) => Call;
}

/** The three HTTP clients, which try again only where this library asks them to. */
export const drivers: readonly Driver[] = [
  {
    name: "fetch",
    connect(manager, { certificate, select } = {}) {
      const next = secureFetch(certificate);
      return async (url, choice) => {
        // A fetch has no place for a choice but `select`.
        const chosen = choice === undefined ? select : () => choice;
        const invoices = withClientToken("invoices", { manager, select: chosen })(next);
        const response = await invoices(url);
        return { status: response.status, body: await response.json() };
      };
    },
  },
  {
    name: "ky",
    connect(manager, { certificate, select } = {}) {
      const invoices = ky.extend({
        ...withKyToken("invoices", { manager, select }),
        fetch: secureFetch(certificate),
        throwHttpErrors: false,
        timeout: false,
        retry: { limit: 2, methods: [] },
      });
      return async (url, choice) => {
        const context = choice === undefined ? {} : { context: { clientToken: choice } };
        const response = await invoices.get(url, context);
        return { status: response.status, body: await response.json() };
      };
    },
  },
  {
    name: "Axios",
    connect(manager, { certificate, select } = {}) {
      const httpsAgent = new Agent({ ca: authority.cert, cert: certificate?.cert, key: certificate?.key });
      const instance = axios.create({ httpsAgent, validateStatus: () => true });
      const invoices = withAxiosToken("invoices", { manager, select })(instance);
      return async (url, choice) => {
        const { status, data: body } = await invoices.get<unknown>(
          url,
          choice === undefined ? {} : { clientToken: choice },
        );
        return { status, body };
      };
    },
  },
];
