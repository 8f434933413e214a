import axios from "axios";
import ky from "ky";
import { withClientToken as withClientTokenForAxios } from "@client-token/axios";
import { withClientToken, type TokenManager } from "@client-token/core";
import { withClientToken as withClientTokenForKy } from "@client-token/ky";
import { scopeByMethod, type ClientName, type Method } from "./tokens.ts";

export type HttpClient = "ky" | "Axios" | "fetch";

/** Calls `/orders` as one of the clients. Rejects unless the API has served the call. */
export type CallApi = (client: ClientName, method: Method) => Promise<void>;

/** The same calls through three HTTP clients. None of them sees a token. */
export function createHttpClients(
  origin: string,
  manager: TokenManager<ClientName>,
): Readonly<Record<HttpClient, CallApi>> {
  const options = { manager, select: scopeByMethod };

  const throughKy = forEachClient((client) =>
    ky.create({ baseUrl: origin, ...withClientTokenForKy(client, options) }),
  );
  const throughAxios = forEachClient((client) =>
    withClientTokenForAxios(client, options)(axios.create({ baseURL: origin })),
  );
  const throughFetch = forEachClient((client) => withClientToken(client, options)(fetch));

  return {
    async ky(client, method) {
      await throughKy[client]("orders", { method }).json();
    },
    async Axios(client, method) {
      await throughAxios[client].request({ url: "orders", method });
    },
    async fetch(client, method) {
      const response = await throughFetch[client](`${origin}/orders`, { method });
      if (!response.ok) throw new Error(`The API answered ${response.status}.`);
      await response.json();
    },
  };
}

function forEachClient<T>(make: (client: ClientName) => T): Readonly<Record<ClientName, T>> {
  return { billing: make("billing"), shipping: make("shipping") };
}
