import type { CacheEntry } from "@client-token/core";
import * as fc from "fast-check";

export const key = "client-token::invoices::n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";

/** An entry with an hour to live. */
export function entryOf(fields: Partial<CacheEntry> = {}): CacheEntry {
  return { kind: "token", expiresAt: Date.now() + 3_600_000, accessToken: "secret-token", ...fields };
}

/** Strings that a serialiser may take for something else. */
const tricky = fc.constantFrom(":", "::", ":base64:AAAA", ":bigint:12", "\0", "\u2028", "\ud800", "{");

/** Any JSON value at all. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ stringUnit: "binary" }),
  tricky,
  fc.array(tricky),
  fc.dictionary(tricky, tricky),
);

/** Any entry that lives for at least a minute. */
export const anyEntry: fc.Arbitrary<CacheEntry> = fc
  .tuple(
    fc.dictionary(fc.oneof(fc.string({ unit: "binary" }), tricky), anyJson),
    fc.constantFrom<CacheEntry["kind"]>("token", "tombstone", "failure"),
    fc.oneof(fc.integer({ min: 6e4, max: 3e12 }), fc.double({ min: 6e4, max: 1e9, noNaN: true })),
  )
  .map(([fields, kind, life]) => Object.assign(fields, { kind, expiresAt: Date.now() + life }));
