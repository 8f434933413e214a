import { systemClock, waitFor } from "../../clock.ts";
import type { CacheCallOptions, CacheEntry, Lease, TokenCache } from "../../options/token-cache.ts";

/** One call may take so long, in milliseconds. */
const patience = 3_000;

/** So long, in milliseconds, live the entries and leases whose end is waited for. */
export const shortLife = 1_000;

/** A cache under test: each call ends, and the leases are there. */
export type Subject = Required<TokenCache>;

/** Tests of a cache, by their names. */
export type ContractCases = Readonly<Record<string, (cache: Subject) => Promise<void>>>;

/** What the cache did, and what it should have done. */
class Finding extends Error {
  override readonly name = "Finding";
}

export function finding(did: string, wanted: string): Error {
  return new Finding(`The cache ${did}. The contract: ${wanted}.`);
}

/** The outcome of a call that may reject: `undefined` if it did. A call that hangs is a finding still. */
export function orRejected<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof Finding) throw error;
    return undefined;
  });
}

/** No cache is trusted to settle: one that hangs is told apart from a slow test. */
export function subjectOf(cache: TokenCache): Subject {
  return {
    get: (key, options) => inTime("get", () => cache.get(key, options)),
    set: (key, entry, options) => inTime("set", () => cache.set(key, entry, options)),
    async acquireLease(key, duration, options) {
      const lease = await inTime("acquireLease", () => acquire(cache, key, duration, options));
      return lease && { release: () => inTime("release", () => lease.release()) };
    },
  };
}

async function acquire(
  cache: TokenCache,
  key: string,
  duration: number,
  options: CacheCallOptions | undefined,
): Promise<Lease | undefined> {
  if (cache.acquireLease !== undefined) return cache.acquireLease(key, duration, options);
  throw finding("has no acquireLease", "a store without an atomic step is tested with { leases: false }");
}

function inTime<T>(call: string, run: () => Promise<T>): Promise<T> {
  // A call that throws is one that rejects.
  const work = (async () => run())();
  return waitFor(systemClock, work, patience, () =>
    finding(`had not settled ${call} after ${patience} ms`, "every call settles"),
  );
}

/** A key that no other case, and no other run on the same store, has. */
export function freshKey(): string {
  return `contract::${crypto.randomUUID()}`;
}

/** A token with a minute to live, so that a shared store forgets it soon. */
export function freshEntry(fields: Partial<CacheEntry> = {}): CacheEntry {
  return { kind: "token", expiresAt: Date.now() + 60_000, accessToken: crypto.randomUUID(), ...fields };
}

export async function pause(milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
}

/** Whether `holds` comes true until `end` (epoch milliseconds); asked once more when the time is over. */
export async function comesTrue(end: number, holds: () => Promise<boolean>): Promise<boolean> {
  for (;;) {
    const over = Date.now() > end;
    if (await holds()) return true;
    if (over) return false;
    await pause(20);
  }
}

/** Where two values of JSON differ first, whatever the order of their fields; `undefined` if they do not. */
export function difference(wanted: unknown, found: unknown, path = "the entry"): string | undefined {
  if (wanted === found) return undefined;
  if (!isObject(wanted) || !isObject(found) || Array.isArray(wanted) !== Array.isArray(found)) return path;
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])]
    .map((name) => difference(wanted[name], found[name], `${path}.${name}`))
    .find((place) => place !== undefined);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

export async function expectKept(cache: Subject, key: string, entry: CacheEntry): Promise<void> {
  await cache.set(key, entry);
  expectSame(entry, await cache.get(key), `of the kind ${entry.kind}`);
}

export function expectSame(entry: CacheEntry, found: CacheEntry | undefined, circumstance: string): void {
  if (found === undefined) {
    throw finding(`had lost an entry ${circumstance}`, "an entry is kept until its expiresAt");
  }
  const place = difference(entry, found);
  if (place !== undefined) {
    throw finding(`gave back ${place} changed, ${circumstance}`, "every field comes back as it was");
  }
}
