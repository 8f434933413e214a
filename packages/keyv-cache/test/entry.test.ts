import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeEntry, encodeEntry } from "../src/entry.ts";
import { anyEntry, anyJson, entryOf } from "./support/entries.ts";

const writtenAt = 1_900_000_000_000;

test("an entry comes back with every field, whatever they are", () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const found = decodeEntry(encodeEntry({ writtenAt, entry }), entry.expiresAt - 1);
      expect(JSON.stringify(found)).toBe(JSON.stringify({ writtenAt, entry }));
    }),
  );
});

test("any other JSON value is a miss, also inside a proper envelope", () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      const planted = [
        value,
        { writtenAt, entry: value },
        { writtenAt, entry: { ...entryOf(), kind: value } },
        { writtenAt, entry: { ...entryOf(), expiresAt: JSON.stringify(value) } },
        { writtenAt: JSON.stringify(value), entry: entryOf() },
      ];
      expect(planted.filter((one) => decodeEntry(JSON.stringify(one), 0) !== undefined)).toEqual([]);
    }),
  );
});

test("an entry that is cut off anywhere is a miss", () => {
  fc.assert(
    fc.property(anyEntry, fc.nat(), (entry, cut) => {
      const value = encodeEntry({ writtenAt, entry });
      expect(decodeEntry(value.slice(0, cut % value.length), 0)).toBeUndefined();
    }),
  );
});

test("an entry with one character more, less or changed is a miss, or what its JSON says", () => {
  fc.assert(
    fc.property(anyEntry, fc.nat(), fc.nat(1), fc.string({ maxLength: 1 }), (entry, place, gone, put) => {
      const value = encodeEntry({ writtenAt, entry });
      const at = place % value.length;
      const changed = value.slice(0, at) + put + value.slice(at + gone);
      const found = decodeEntry(changed, 0);
      expect(found).toEqual(found && JSON.parse(changed));
    }),
  );
});

test.each([
  ["an unknown kind", { writtenAt, entry: { ...entryOf(), kind: "toString" } }],
  ["no kind", { writtenAt, entry: { expiresAt: 4e12 } }],
  ["an end that is a string", { writtenAt, entry: { kind: "token", expiresAt: "4000000000000" } }],
  ["no time of writing", { entry: entryOf() }],
])("%s is a miss", (_, written) => {
  expect(decodeEntry(JSON.stringify(written), 0)).toBeUndefined();
});

test("an end without end is a miss", () => {
  const json = encodeEntry({ writtenAt, entry: entryOf({ expiresAt: 4e12 }) });
  expect(decodeEntry(json, 0)).toBeDefined();
  expect(decodeEntry(json.replace("4000000000000", "1e999"), 0)).toBeUndefined();
});

test("an entry is a miss from the millisecond of its end on", () => {
  const entry = entryOf();
  const value = encodeEntry({ writtenAt, entry });
  expect(decodeEntry(value, entry.expiresAt - 1)?.entry).toEqual(entry);
  expect(decodeEntry(value, entry.expiresAt)).toBeUndefined();
});
