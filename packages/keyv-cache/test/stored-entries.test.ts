import { keyvTokenCache } from "@client-token/keyv-cache";
import * as fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { anyEntry, anyJson, entryOf, key } from "./support/entries.ts";
import { createStore, kept, majors } from "./support/keyvs.ts";

describe.each(majors)("over $name: what is stored", ({ over }) => {
  test("comes back with every field, also those that nobody knows", async () => {
    const cache = keyvTokenCache(over(createStore()));
    const entry = Object.freeze(entryOf({ kind: "failure", later: { nested: [1, null, ":base64:AAAA"] } }));

    await cache.set(key, entry);

    expect(await cache.get(key)).toStrictEqual(entry);
    expect(await cache.get(`${key}-other`)).toBeUndefined();
  });

  test("loses nothing to Keyv's own serialisation, nor to the other Keyv's", async () => {
    const store = createStore();
    const cache = keyvTokenCache(over(store));
    const readers = majors.map((major) => keyvTokenCache(major.over(store)));
    await fc.assert(
      fc.asyncProperty(anyEntry, async (entry) => {
        await cache.set(key, entry);
        for (const reader of readers) {
          expect(JSON.stringify(await reader.get(key))).toBe(JSON.stringify(entry));
        }
      }),
    );
  });

  test("lies under its own key, as one string that says which layout it has", async () => {
    const store = createStore();
    await keyvTokenCache(over(store)).set(key, entryOf());
    expect([...store.values.keys()]).toEqual([key]);
    expect(store.values.get(key)).toMatch(/^\{"value":"client-token\/1 \{/);
  });
});

describe.each(majors)("over $name: the time to live", ({ over }) => {
  test("is what the entry has left, in whole milliseconds", async () => {
    const store = createStore();
    await keyvTokenCache(over(store)).set(key, entryOf({ expiresAt: Date.now() + 900_000.7 }));

    expect(store.ttls).toEqual([expect.toSatisfy(Number.isInteger)]);
    expect(Number(store.ttls[0])).toBeGreaterThan(890_000);
    expect(Number(store.ttls[0])).toBeLessThanOrEqual(900_000);
  });

  test("is at most 30 days", async () => {
    const store = createStore();
    await keyvTokenCache(over(store)).set(key, entryOf({ expiresAt: Date.now() + 1e12 }));
    expect(Number(store.ttls[0])).toBeGreaterThan(2_591_990_000);
    expect(Number(store.ttls[0])).toBeLessThanOrEqual(2_592_000_000);
  });

  test("is ten minutes at least, and the entry ends in time all the same", async () => {
    const store = createStore();
    const cache = keyvTokenCache(over(store));
    await cache.set(key, entryOf({ expiresAt: Date.now() + 40 }));
    expect(store.ttls).toEqual([600_000]);
    expect(await cache.get(key)).toBeDefined();
    await vi.waitFor(async () => expect(await cache.get(key)).toBeUndefined());
  });

  test.each([
    ["token", 60_000],
    ["failure", 500],
    ["tombstone", 500],
  ] as const)("leaves the others a %s when somebody reads it whose clock is ahead", async (kind, life) => {
    const store = createStore();
    const entry = entryOf({ kind, expiresAt: Date.now() + life });
    await keyvTokenCache(over(store)).set(key, entry);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 595_000 });
    onTestFinished(() => void vi.useRealTimers());
    expect(await keyvTokenCache(over(store)).get(key)).toBeUndefined();
    vi.useRealTimers();
    expect(store.values.size).toBe(1);
  });

  test.each([
    ["in the past", () => Date.now() - 1],
    ["now", () => Date.now()],
    ["in less than a millisecond", () => Date.now() + 0.4],
    ["never", () => Infinity],
    ["at no time", () => Number.NaN],
  ])("of an entry that ends %s is none: it is refused, and nothing is written", async (_, expiresAt) => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const store = createStore();
    const set = keyvTokenCache(over(store)).set(key, entryOf({ expiresAt: expiresAt() }));
    vi.useRealTimers();
    await expect(set).rejects.toThrow("no time to live");
    expect(store.values.size).toBe(0);
  });

  test("is looked at again when an entry is read: a store may keep it for longer", async () => {
    const store = createStore();
    store.values.set(key, kept(entryOf({ expiresAt: Date.now() - 1 })));
    expect(await keyvTokenCache(over(store)).get(key)).toBeUndefined();
  });
});

describe.each(majors)("over $name: what others have left under the key", ({ over }) => {
  test.each([
    ["text", "not json"],
    ["text that is cut off", kept(entryOf()).slice(0, -10)],
    ["nothing", ""],
    ["null", "null"],
    ["a number", "5"],
    ["a string", `"abc"`],
    ["an array", "[]"],
    ["an object", "{}"],
    ["a value that is null", `{"value":null}`],
    ["a value that is bytes", `{"value":":base64:AAAA"}`],
    ["an envelope of bytes", `":base64:AAAA"`],
    ["an entry without envelope", JSON.stringify({ value: entryOf() })],
    ["an entry that ends never", kept(entryOf({ expiresAt: 4e12 })).replace("4000000000000", "1e999")],
  ])("is a miss and gets overwritten: %s", async (_, planted) => {
    const store = createStore();
    const cache = keyvTokenCache(over(store));
    store.values.set(key, planted);

    expect(await cache.get(key)).toBeUndefined();
    const entry = entryOf();
    await cache.set(key, entry);
    expect(await cache.get(key)).toEqual(entry);
  });

  test("is a miss, whatever JSON it is", async () => {
    const store = createStore();
    const cache = keyvTokenCache(over(store));
    await fc.assert(
      fc.asyncProperty(anyJson, async (value) => {
        for (const planted of [value, { value }, { value, expires: value }]) {
          store.values.set(key, JSON.stringify(planted));
          expect(await cache.get(key)).toBeUndefined();
        }
      }),
    );
  });
});
