import fc from "fast-check";
import type { CacheEntry } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { decodeTombstone, encodeTombstone } from "../../src/sharing/tombstone-entry.ts";

const digest = "digest";
const id = "2c1f6a0e-5a1c-4a53-9a1f-0c4a2d9f7b11";
const stored = JSON.parse(JSON.stringify(encodeTombstone(id, digest, 2_000_000_000_000))) as CacheEntry;

test("another process reads which deletion it marks", () => {
  expect(decodeTombstone(stored, digest)).toBe(id);
});

test("is kept until the time given, and holds nothing but its name", () => {
  expect(stored).toEqual({ kind: "tombstone", expiresAt: 2_000_000_000_000, version: 1, digest, id });
});

describe("is a miss", () => {
  const kinds: readonly [what: string, fields: Readonly<Record<string, unknown>>][] = [
    ["a token", { kind: "token" }],
    ["a failure marker", { kind: "failure" }],
    ["that of another key", { digest: "other" }],
    ["a layout that this version does not know", { version: 2 }],
    ["without a name", { id: undefined }],
    ["with a name that is no text", { id: 7 }],
    ["with a name without an end", { id: "x".repeat(65) }],
  ];

  test.each(kinds)("%s", (_, fields) => {
    expect(decodeTombstone({ ...stored, ...fields }, digest)).toBeUndefined();
  });

  test("nothing", () => {
    expect(decodeTombstone(undefined, digest)).toBeUndefined();
  });

  test("garbage of any kind, and it never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (garbage) => {
        expect(decodeTombstone(garbage as unknown as CacheEntry, digest)).toBeUndefined();
      }),
    );
  });
});
