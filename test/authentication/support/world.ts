import {
  createTokenManager,
  type ClientOptions,
  type TokenEvent,
  type TokenManager,
} from "@client-token/core";
import { onTestFinished } from "vitest";
import type { Certificate } from "../../../packages/core/test/support/certificates.ts";
import { secureFetch } from "./secure-fetch.ts";

/** Where tokens are asked for: at an endpoint, or at the one that an issuer names. */
export type Place = { readonly tokenEndpoint: string } | { readonly issuer: string };

/** A manager with one client, `invoices`. */
export interface World {
  readonly manager: TokenManager;
  readonly events: readonly TokenEvent[];
}

export interface WorldOptions {
  readonly client: Partial<ClientOptions>;
  readonly certificate?: Certificate | undefined;
}

export function createWorld(place: Place, { client, certificate }: WorldOptions): World {
  const events: TokenEvent[] = [];
  const manager = createTokenManager<string>({
    clients: {
      invoices: {
        ...("issuer" in place ? { issuer: place.issuer } : { tokenEndpoint: place.tokenEndpoint }),
        clientId: "invoices",
        scope: "list",
        resource: "urn:invoices",
        httpClient: secureFetch(certificate),
        ...client,
      },
    },
    onEvent: (event) => events.push(event),
  });
  onTestFinished(() => manager.close());
  return { manager, events };
}
