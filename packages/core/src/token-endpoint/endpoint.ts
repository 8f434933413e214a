import { TokenEndpointError } from "../errors.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import { discoverEndpoint, rediscoverEndpoint } from "./discovery.ts";

/** The token endpoint of a client, for one try: the one it was given, or that its issuer names. */
export async function endpointOf(client: ResolvedClient): Promise<URL> {
  return client.tokenEndpoint ?? discoverEndpoint(client);
}

/** Where the endpoint is now, if `error` says that it has moved, and the issuer names another. */
export async function movedEndpoint(
  client: ResolvedClient,
  endpoint: URL,
  error: unknown,
): Promise<URL | undefined> {
  const isMoved = error instanceof TokenEndpointError && (error.status === 404 || error.status === 410);
  return isMoved && client.issuer !== undefined ? rediscoverEndpoint(client, endpoint) : undefined;
}
