import type { CacheEntry } from "../options/token-cache.ts";

/** The layout of tombstones; others are misses. */
const version = 1;

/** The mark of one deletion. */
export function encodeTombstone(id: string, digest: string, expiresAt: number): CacheEntry {
  return { kind: "tombstone", expiresAt, version, digest, id };
}

/** Which deletion the entry marks; `undefined` if none, or that of another key. */
export function decodeTombstone(entry: CacheEntry | undefined, digest: string): string | undefined {
  if (entry?.kind !== "tombstone" || entry["version"] !== version || entry["digest"] !== digest) {
    return undefined;
  }
  const { id } = entry;
  return typeof id === "string" && id.length <= 64 ? id : undefined;
}
