import { clientTokenInterceptors, withClientToken as withAxiosToken } from "@client-token/axios";
import { withClientToken, type TokenClient } from "@client-token/core";
import { withClientToken as withKyToken } from "@client-token/ky";
import axios, { type AxiosInstance } from "axios";
import ky from "ky";
import { Readable } from "node:stream";

/** One call of an API. A stream can be read once. */
interface Call {
  readonly method?: string;
  readonly body?: string | ReadableStream<Uint8Array>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Who looks up the client's name. */
type Manager = { client(name: string): TokenClient };

/** An HTTP client that puts the tokens of the client `invoices` on its calls. */
export interface Driver {
  readonly name: string;
  readonly connect: (manager: Manager) => (url: string, call?: Call) => Promise<Answer>;
}

/** The three HTTP clients; Axios by each of its parts and adapters. */
export const drivers: readonly Driver[] = [
  {
    name: "fetch",
    connect(manager) {
      const invoices = withClientToken("invoices", { manager })(fetch);
      return async (url, { method = "GET", body } = {}) => read(await invoices(url, initOf(method, body)));
    },
  },
  {
    name: "fetch, with a Request",
    connect(manager) {
      const invoices = withClientToken("invoices", { manager })(fetch);
      return async (url, { method = "GET", body } = {}) => {
        if (body instanceof ReadableStream) return read(await invoices(url, initOf(method, body)));
        return read(await invoices(new Request(url, initOf(method, body))));
      };
    },
  },
  {
    name: "ky",
    connect(manager) {
      const invoices = ky.extend({ ...withKyToken("invoices", { manager }), throwHttpErrors: false });
      return async (url, { method = "GET", body } = {}) => {
        // ky copies a stream for each of its retries.
        const retry = body instanceof ReadableStream ? { retry: 0 } : {};
        return read(await invoices(url, { ...initOf(method, body), ...retry }));
      };
    },
  },
  ...(["http", "fetch"] as const).flatMap((adapter) => [
    axiosDriver(`Axios, ${adapter}`, (manager) =>
      withAxiosToken("invoices", { manager })(axios.create({ adapter })),
    ),
    axiosDriver(`Axios interceptors, ${adapter}`, (manager) => {
      const instance = axios.create({ adapter });
      const { request, response } = clientTokenInterceptors("invoices", { manager });
      instance.interceptors.request.use(...request);
      instance.interceptors.response.use(...response);
      return instance;
    }),
  ]),
];

function axiosDriver(name: string, create: (manager: Manager) => AxiosInstance): Driver {
  return {
    name,
    connect(manager) {
      const invoices = create(manager);
      return async (url, { method = "GET", body } = {}) => {
        const data = body instanceof ReadableStream ? Readable.from(body) : body;
        const response = await invoices.request<string>({
          url,
          method,
          data,
          headers: { "content-type": "text/plain" },
          validateStatus: () => true,
          responseType: "text",
          transformResponse: (text: string) => text,
        });
        return { status: response.status, body: response.data };
      };
    },
  };
}

function initOf(method: string, body: Call["body"]): RequestInit & { duplex?: "half" } {
  if (body === undefined) return { method };
  return { method, body, headers: { "content-type": "text/plain" }, duplex: "half" };
}

async function read(response: Response): Promise<Answer> {
  return { status: response.status, body: await response.text() };
}
