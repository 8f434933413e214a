import { randomUUID } from "node:crypto";
import type { ManagerOptions, SelectToken, SharedTokenCache, TokenEvent } from "@client-token/core";

/** Two services call the orders API, each as an OAuth client of its own. */
export type ClientName = "billing" | "shipping";
export type Method = "GET" | "POST";

export const credentials = {
  billing: { clientId: "billing-service", clientSecret: randomUUID() },
  shipping: { clientId: "shipping-service", clientSecret: randomUUID() },
} as const;

/** The orders API, as a resource indicator (RFC 8707) and as the audience of its tokens. */
export const ordersApi = "urn:orders-api";

/** What an application writes once, in one place. */
export function tokenOptions(surroundings: {
  readonly tokenEndpoint: string;
  readonly apiOrigin: string;
  readonly cache: SharedTokenCache | undefined;
  readonly onEvent: (event: TokenEvent) => void;
}): ManagerOptions<ClientName> {
  const { tokenEndpoint, apiOrigin, cache, onEvent } = surroundings;
  const common = { tokenEndpoint, resource: ordersApi, origins: [apiOrigin] };
  return {
    clients: {
      billing: { ...common, ...credentials.billing, clientCredentialStyle: "authorization-header" },
      shipping: { ...common, ...credentials.shipping, clientCredentialStyle: "post-body" },
    },
    cache,
    onEvent,
  };
}

/** Reading needs one scope and writing the other, so each request gets the token that it needs and no more. */
export const scopeByMethod: SelectToken = ({ method }) => ({
  scope: scopeFor[method === "GET" ? "GET" : "POST"],
});

export const scopeFor = { GET: "orders.read", POST: "orders.write" } as const;
