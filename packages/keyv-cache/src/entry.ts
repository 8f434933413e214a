import type { CacheEntry } from "@client-token/core";

/** A list that the compiler keeps complete. */
const kinds: Readonly<Record<CacheEntry["kind"], 0>> = { token: 0, tombstone: 0, failure: 0 };

/** An entry, and when it was written: by its writer's wall clock, in epoch milliseconds. */
export interface WrittenEntry {
  readonly writtenAt: number;
  readonly entry: CacheEntry;
}

export function encodeEntry({ writtenAt, entry }: WrittenEntry): string {
  return JSON.stringify({ writtenAt, entry });
}

/** Reads strictly: whatever is not exactly a living entry is a miss. */
export function decodeEntry(json: string | undefined, now: number): WrittenEntry | undefined {
  const written = parse(json);
  if (!isRecord(written)) return undefined;
  const { writtenAt, entry } = written;
  return isTime(writtenAt) && isEntry(entry) && entry.expiresAt > now ? { writtenAt, entry } : undefined;
}

function parse(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json);
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
