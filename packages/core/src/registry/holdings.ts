import type { BoundedMap } from "../cache/bounded-map.ts";
import { grantKey } from "../cache/canonical-key.ts";
import type { Grant } from "../options/grant.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import { createSource, type Environment, type TokenSource } from "../token-source/source.ts";
import { drop } from "../token-source/token-source.ts";
import type { ClientSlot } from "./slot.ts";

/** What grows with use, up to `maxKeys`: the slots of tenants, and the token sources of all clients. */
export type Holdings = BoundedMap<ClientSlot | TokenSource>;

export function tenantOf(holdings: Holdings, name: string): ClientSlot | undefined {
  const found = holdings.get(tenantKey(name));
  return found !== undefined && "load" in found ? found : undefined;
}

export function keepTenant(holdings: Holdings, slot: ClientSlot): void {
  holdings.set(tenantKey(slot.name), slot);
}

/** The source of one grant, a new one if there is none. */
export function sourceFor(
  holdings: Holdings,
  environment: Environment,
  slot: ClientSlot,
  options: ResolvedClient,
  grant: Grant,
): TokenSource {
  const key = sourceKey(slot, grant);
  const found = holdings.get(key);
  if (found !== undefined && "grant" in found) return found;
  const source = createSource(environment, options, grant);
  holdings.set(key, source);
  return source;
}

/** Every source of a slot. */
export function sourcesOf(holdings: Holdings, slot: ClientSlot): TokenSource[] {
  const prefix = sourcePrefix(slot);
  const found: TokenSource[] = [];
  for (const [key, held] of holdings.entries()) {
    if ("grant" in held && key.startsWith(prefix)) found.push(held);
  }
  return found;
}

/** Forgets a slot, its sources and their tokens. */
export function letGo(holdings: Holdings, slot: ClientSlot): void {
  holdings.delete(tenantKey(slot.name));
  for (const source of sourcesOf(holdings, slot)) {
    holdings.delete(sourceKey(slot, source.grant));
    drop(source);
  }
}

function tenantKey(name: string): string {
  return `client ${name}`;
}

/** The slot stands for everything else that shapes a token; a short key is a fast one. */
function sourceKey(slot: ClientSlot, grant: Grant): string {
  return sourcePrefix(slot) + grantKey(grant);
}

function sourcePrefix({ id }: ClientSlot): string {
  return `token ${id} `;
}
