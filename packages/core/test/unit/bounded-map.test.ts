import fc from "fast-check";
import { expect, test } from "vitest";
import { createBoundedMap, type Kept } from "../../src/cache/bounded-map.ts";

const value = (): Kept => ({ used: false, gone: false });

test("it never holds more than its limit, and what it let go of knows that", () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 20 }),
    kind: fc.constantFrom("set", "get", "delete"),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 200 }), (limit, steps) => {
      const map = createBoundedMap<Kept>(limit);
      const everSet: [key: string, value: Kept][] = [];
      for (const { key, kind } of steps) {
        const name = String(key);
        if (kind === "get") map.get(name);
        else if (kind === "delete") map.delete(name);
        else {
          const added = value();
          map.set(name, added);
          everSet.push([name, added]);
        }
        expect(map.size).toBeLessThanOrEqual(limit);
      }
      for (const [name, one] of everSet) expect(one.gone).toBe(map.get(name) !== one);
    }),
  );
});

test("what is in use stays longer than what is not", () => {
  const map = createBoundedMap<Kept>(3);
  for (const key of ["a", "b", "c"]) map.set(key, value());
  map.get("a");
  map.set("d", value());
  expect(map.get("a")).toBeDefined();
  expect(map.get("b")).toBeUndefined();
});

test("one value too many costs one value, also when all of them are in use", () => {
  const map = createBoundedMap<Kept>(4);
  for (const key of ["a", "b", "c", "d"]) map.set(key, { used: true, gone: false });
  map.set("e", value());
  expect(map.size).toBe(4);
});
