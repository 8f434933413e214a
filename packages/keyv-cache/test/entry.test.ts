import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeEntry, encodeEntry, marker } from "../src/entry.ts";
import { anyEntry, anyJson, entryOf } from "./support/entries.ts";

const writtenAt = 1_900_000_000_000;
const valueOf = (envelope: unknown): string => marker + JSON.stringify(envelope);

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
        JSON.stringify(value),
        valueOf(value),
        valueOf({ writtenAt, entry: value }),
        valueOf({ writtenAt, entry: { ...entryOf(), kind: value } }),
        valueOf({ writtenAt, entry: { ...entryOf(), expiresAt: JSON.stringify(value) } }),
        valueOf({ writtenAt: JSON.stringify(value), entry: entryOf() }),
      ];
      expect(planted.filter((one) => decodeEntry(one, 0) !== undefined)).toEqual([]);
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
      expect(found).toEqual(found && JSON.parse(changed.slice(marker.length)));
    }),
  );
});

test.each([
  ["another version", `client-token/2 ${JSON.stringify({ writtenAt, entry: entryOf() })}`],
  ["no version", JSON.stringify({ writtenAt, entry: entryOf() })],
  ["an unknown kind", valueOf({ writtenAt, entry: { ...entryOf(), kind: "toString" } })],
  ["no kind", valueOf({ writtenAt, entry: { expiresAt: 4e12 } })],
  ["an end that is a string", valueOf({ writtenAt, entry: { kind: "token", expiresAt: "4000000000000" } })],
  ["an end without end", `${marker}{"writtenAt":1,"entry":{"kind":"token","expiresAt":1e999}}`],
  ["no time of writing", valueOf({ entry: entryOf() })],
])("%s is a miss", (_, value) => {
  expect(decodeEntry(value, 0)).toBeUndefined();
});

test("an entry is a miss from the millisecond of its end on", () => {
  const entry = entryOf();
  const value = encodeEntry({ writtenAt, entry });
  expect(decodeEntry(value, entry.expiresAt - 1)?.entry).toEqual(entry);
  expect(decodeEntry(value, entry.expiresAt)).toBeUndefined();
});

test("entries beyond 65 536 characters are neither written nor read", () => {
  const room = 65_536 - encodeEntry({ writtenAt, entry: entryOf({ accessToken: "" }) }).length;
  const largest = encodeEntry({ writtenAt, entry: entryOf({ accessToken: "x".repeat(room) }) });
  const tooLarge = entryOf({ accessToken: "x".repeat(room + 1) });

  expect(decodeEntry(largest, 0)).toBeDefined();
  expect(() => encodeEntry({ writtenAt, entry: tooLarge })).toThrow("65537 characters");
  expect(decodeEntry(valueOf({ writtenAt, entry: tooLarge }), 0)).toBeUndefined();
});
