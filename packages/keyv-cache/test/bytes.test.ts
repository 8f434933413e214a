import * as fc from "fast-check";
import { expect, test } from "vitest";
import { base64url } from "../src/bytes.ts";

test("bytes come back as they were, and Node writes them alike", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = base64url.encode(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64url"));
      expect(base64url.decode(text)).toEqual(Uint8Array.from(bytes));
    }),
  );
});

test("no two texts are the same bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 8 }), (text) => {
      const bytes = base64url.decode(text);
      return bytes === undefined || base64url.encode(bytes) === text;
    }),
  );
  const others = ["A", "AB", "AAAAA", "AA==", "A A", "AA\n", "+A", "/A", "АА"];
  expect(others.filter((text) => base64url.decode(text) !== undefined)).toEqual([]);
});
