import fc from "fast-check";
import type { CacheEntry } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { decodeFailure, encodeFailure, type SharedFailure } from "../../src/sharing/failure-entry.ts";

const now = Date.UTC(2030, 0, 1);
const digest = "digest";
const failure: SharedFailure = {
  id: "2c1f6a0e-5a1c-4a53-9a1f-0c4a2d9f7b11",
  writer: "0b7e5d0c-0a3e-4f58-8a75-5f2f3f1d8f02",
  period: 2000,
  count: 3,
  status: 503,
  error: null,
  confirmed: true,
};

/** As a store keeps it. */
function stored(fields: Partial<SharedFailure> = {}): CacheEntry {
  return JSON.parse(JSON.stringify(encodeFailure({ ...failure, ...fields }, digest, now))) as CacheEntry;
}

test("another process reads the marker as it was written, and how long it still stands", () => {
  expect(decodeFailure(stored(), digest, now)).toEqual({ failure, left: 2000 });
  expect(decodeFailure(stored(), digest, now + 1500)).toEqual({ failure, left: 500 });
});

test.each<Partial<SharedFailure>>([
  { status: 429, error: "slow_down" },
  { status: 599 },
  { status: null, confirmed: false, period: 1000 },
  { count: 1_000_000, period: 30_000 },
  { period: 1 },
])("keeps %j", (fields) => {
  expect(decodeFailure(stored(fields), digest, now)?.failure).toEqual({ ...failure, ...fields });
});

test("is kept by the store until its period is over, in whole milliseconds", () => {
  expect(stored({ period: 500.5 }).expiresAt).toBe(now + 501);
});

test.each([0, 1, 60_000, 240_000])(
  "never stands longer than its period: read %d ms before it was written",
  (ahead) => {
    expect(decodeFailure(stored(), digest, now - ahead)?.left).toBe(2000);
  },
);

test("read after its end stands no more", () => {
  expect(decodeFailure(stored(), digest, now + 60_000)?.left).toBeLessThan(0);
});

test("holds nothing but what it needs", () => {
  expect(Object.keys(stored()).toSorted()).toEqual([
    "confirmed",
    "count",
    "digest",
    "error",
    "expiresAt",
    "id",
    "kind",
    "period",
    "status",
    "version",
    "writer",
  ]);
});

describe("is a miss", () => {
  const kinds: readonly [what: string, fields: Readonly<Record<string, unknown>>][] = [
    ["a token", { kind: "token" }],
    ["a tombstone", { kind: "tombstone" }],
    ["a marker of another key", { digest: "other" }],
    ["a layout that this version does not know", { version: 2 }],
    ["no id", { id: undefined }],
    ["an id without an end", { id: "x".repeat(65) }],
    ["an id that is no name", { id: "a b" }],
    ["a writer that is no text", { writer: 7 }],
    ["an empty writer", { writer: "" }],
    ["a period of a fortnight", { period: 1e9 }],
    ["a period of 30.001 s", { period: 30_001 }],
    ["no period", { period: 0 }],
    ["a negative period", { period: -1 }],
    ["a period that is no number", { period: Number.NaN }],
    ["a period of text", { period: "2000" }],
    ["a long period without an answer", { status: null, period: 30_000 }],
    ["an uncertain marker of a long period", { confirmed: false, period: 30_000 }],
    ["no count", { count: 0 }],
    ["a count that is no number", { count: null }],
    ["a success", { status: 200 }],
    ["a refused credential", { status: 401 }],
    ["a status of no server", { status: 600 }],
    ["a status of text", { status: "503" }],
    ["an error that is a text of its own", { error: "please log in at http://evil.test" }],
    ["an error that is no text", { error: {} }],
    ["neither certain nor uncertain", { confirmed: 1 }],
  ];

  test.each(kinds)("%s", (_, fields) => {
    expect(decodeFailure({ ...stored(), ...fields }, digest, now)).toBeUndefined();
  });

  test("nothing", () => {
    expect(decodeFailure(undefined, digest, now)).toBeUndefined();
  });

  test("garbage of any kind, and it never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (garbage) => {
        expect(decodeFailure(garbage as unknown as CacheEntry, digest, now)).toBeUndefined();
      }),
    );
  });
});

test.each<[unknown]>([[{}], [{ valueOf: 1, toString: 1 }], [[]], ["soon"], [null], [true]])(
  "an end that is no number makes it stand for nothing: %j",
  (expiresAt) => {
    const spoilt = Object.assign(stored(), { expiresAt });
    const left = decodeFailure(spoilt, digest, now)?.left ?? 0;
    expect(left > 0).toBe(false);
  },
);

test("with any one field spoilt it never throws, and never stands longer than half a minute", () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(stored())), fc.jsonValue(), (field, value) => {
      const { failure: read, left = 0 } = decodeFailure({ ...stored(), [field]: value }, digest, now) ?? {};
      expect(left > Math.min(30_000, read?.period ?? 0)).toBe(false);
    }),
  );
});
