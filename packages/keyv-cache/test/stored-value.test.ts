import * as fc from "fast-check";
import { expect, test } from "vitest";
import { marker, unwrap, wrap } from "../src/stored-value.ts";
import { anyJson } from "./support/entries.ts";

test("a text comes back as it was", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => unwrap(wrap(text)) === text));
});

test("whatever does not begin with this layout is nothing of ours", () => {
  fc.assert(fc.property(anyJson, (value) => unwrap(value) === undefined));
  fc.assert(
    fc.property(fc.nat(marker.length - 1), (cut) => unwrap(wrap("text").slice(0, cut)) === undefined),
  );
  expect(unwrap(wrap("text").replace("1", "2"))).toBeUndefined();
  expect(unwrap(` ${wrap("text")}`)).toBeUndefined();
});

test("values beyond 65 536 characters are neither written nor read", () => {
  const room = 65_536 - marker.length;
  expect(unwrap(wrap("x".repeat(room)))).toHaveLength(room);
  expect(() => wrap("x".repeat(room + 1))).toThrow("65537 characters");
  expect(unwrap(marker + "x".repeat(room + 1))).toBeUndefined();
});
