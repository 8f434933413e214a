import { keyvTokenCache, type KeyvLike } from "@client-token/keyv-cache";
import { describe, expect, test, vi } from "vitest";
import { entryOf, key } from "./support/entries.ts";
import { createStore, majors } from "./support/keyvs.ts";

describe.each(majors)("over $name: an aborted call", ({ over }) => {
  test("does not begin", async () => {
    const store = createStore();
    const cache = keyvTokenCache(over(store));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(cache.get(key, { signal })).rejects.toThrow("enough");
    await expect(cache.set(key, entryOf(), { signal })).rejects.toThrow("enough");
    expect(store.values.size).toBe(0);
  });

  test("ends at once, though the store never answers", async () => {
    const never = async (): Promise<never> => new Promise(() => {});
    const cache = keyvTokenCache(over({ ...createStore(), get: never, set: never }));
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [cache.get(key, { signal }), cache.set(key, entryOf(), { signal })];
    controller.abort(new Error("enough"));
    for (const call of calls) await expect(call).rejects.toThrow("enough");
  });

  test("asks nothing more of the store, and a late failure of the store is handled", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const store = createStore();
    const get = vi.spyOn(store, "get");
    const late = async (): Promise<never> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error("late");
    };
    const hanging = over({ ...store, set: async () => new Promise((resolve) => setTimeout(resolve, 5)) });
    const calls = [
      keyvTokenCache(hanging).set(key, entryOf(), { signal }),
      keyvTokenCache(over({ ...store, get: late, set: late })).set(key, entryOf(), { signal }),
      keyvTokenCache(over({ ...store, get: late })).get(key, { signal }),
    ];
    controller.abort(new Error("enough"));
    for (const call of calls) await expect(call).rejects.toThrow("enough");
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect(get).not.toHaveBeenCalled();
  });
});

test("keys that not every store takes are refused, with what to keep to", async () => {
  const store = createStore();
  const cache = keyvTokenCache(majors[0].over(store));
  for (const bad of ["", "a b", "ключ", "a\n", "a/b", "k".repeat(181)]) {
    await expect(cache.get(bad)).rejects.toThrow("1–180 characters of A-Z a-z 0-9");
    await expect(cache.set(bad, entryOf())).rejects.toThrow("1–180 characters of A-Z a-z 0-9");
  }
  await cache.set("k".repeat(180), entryOf());
  expect(store.values.size).toBe(1);
});

test("entries that would not be read are not written", async () => {
  const store = createStore();
  const cache = keyvTokenCache(majors[0].over(store));
  await expect(cache.set(key, entryOf({ accessToken: "x".repeat(70_000) }))).rejects.toThrow("65536");
  expect(store.values.size).toBe(0);
});

test("anything that behaves like a Keyv will do, also without getRaw", async () => {
  const values = new Map<string, unknown>();
  const cache = keyvTokenCache({
    get: async (name) => values.get(name),
    set: async (name, value) => values.set(name, value),
    on: () => {},
  });
  const entry = entryOf();
  await cache.set(key, entry);
  expect(await cache.get(key)).toEqual(entry);
});

describe("options that cannot work are refused at construction:", () => {
  const keyv = majors[0].over(createStore());

  test.each([undefined, null, {}, new Map(), "redis://localhost"])("%o for a Keyv", (wrong: unknown) => {
    expect(() => keyvTokenCache(wrong as KeyvLike)).toThrow('"keyv" of keyvTokenCache has no');
  });

  test("unknown ones, with those that exist", () => {
    const options: object = { timeout: 100 };
    expect(() => keyvTokenCache(keyv, options)).toThrow(
      '"timeout" of keyvTokenCache is not an option. Known options: deadline.',
    );
  });

  test.each([0.25, 0, -1, 250_000, Number.NaN, Infinity, "250", null])("a deadline of %o", (deadline) => {
    const options: object = { deadline };
    expect(() => keyvTokenCache(keyv, options)).toThrow("it is in milliseconds, from 10 to 10 000");
  });

  test("and those that can work are not", () => {
    for (const deadline of [10, 250, 10_000, undefined]) keyvTokenCache(keyv, { deadline });
    expect(() => keyvTokenCache(keyv)).not.toThrow();
  });
});
