import type { SharedSubject } from "../options/shared-tokens.ts";
import type { CacheKeyParts } from "../options/token-cache.ts";
import { base64url } from "../policy/base64.ts";
import { canonicalKey, sorted, sortedParameters } from "./canonical-key.ts";

/** The key in the shared cache, and the digest that the entry repeats. */
export interface SharedKey {
  readonly key: string;
  readonly digest: string;
}

/** Prefix, name (for human eyes only) and the SHA-256 of the canonical form; at most 180 characters. */
export async function sharedKey({ client, grant, proofKey }: SharedSubject): Promise<SharedKey> {
  const canonical = new TextEncoder().encode(canonicalKey(client, grant, proofKey));
  const hash = await crypto.subtle.digest("SHA-256", canonical);
  const digest = base64url(new Uint8Array(hash));
  const name = client.name.replaceAll(/[^\w.-]/g, "_").slice(0, 60);
  const defaultKey = `${client.cacheKeyPrefix}${name}::${digest}`;
  const parts: CacheKeyParts = {
    client: client.name,
    tokenEndpoint: client.authority,
    clientId: client.clientId,
    scope: sorted(grant.scope),
    resource: sorted(grant.resource),
    parameters: sortedParameters(grant),
    defaultKey,
  };
  return { key: client.cacheKey?.(parts) ?? defaultKey, digest };
}
