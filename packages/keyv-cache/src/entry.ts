import type { CacheEntry } from "@client-token/core";

/**
 * What every value begins with: the layout and its version. It makes the value a single string that no serialiser
 * reads anything into; Keyv's own give a meaning to strings that begin with a colon.
 */
export const marker = "client-token/1 ";

/** Longer values are neither written nor parsed. In characters. */
const maxLength = 65_536;

/** A list that the compiler keeps complete. */
const kinds: Readonly<Record<CacheEntry["kind"], 0>> = { token: 0, tombstone: 0, failure: 0 };

/** An entry, and when it was written: by its writer's wall clock, in epoch milliseconds. */
export interface WrittenEntry {
  readonly writtenAt: number;
  readonly entry: CacheEntry;
}

/** @throws Error if the entry is too long */
export function encodeEntry({ writtenAt, entry }: WrittenEntry): string {
  const value = marker + JSON.stringify({ writtenAt, entry });
  if (value.length > maxLength) {
    throw new Error(`The cache entry has ${value.length} characters, and the limit is ${maxLength}.`);
  }
  return value;
}

/** Reads what a store gave: whatever is not exactly a living entry of this layout is a miss. */
export function decodeEntry(value: unknown, now: number): WrittenEntry | undefined {
  if (typeof value !== "string" || !value.startsWith(marker) || value.length > maxLength) return undefined;
  const envelope = parse(value.slice(marker.length));
  if (!isRecord(envelope)) return undefined;
  const { writtenAt, entry } = envelope;
  return isTime(writtenAt) && isEntry(entry) && entry.expiresAt > now ? { writtenAt, entry } : undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is CacheEntry {
  if (!isRecord(value)) return false;
  const { kind, expiresAt } = value;
  return typeof kind === "string" && Object.hasOwn(kinds, kind) && isTime(expiresAt);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON has room for an infinite number: `1e999`. */
function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
