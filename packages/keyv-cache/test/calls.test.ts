import { keyvTokenCache, type AcquireLease, type KeyvLike } from "@client-token/keyv-cache";
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
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const set = vi.fn<() => Promise<void>>(async () => answered);
    const late = async (): Promise<never> => {
      await answered;
      throw new Error("late");
    };
    const calls = [
      keyvTokenCache(over({ ...store, set })).set(key, entryOf(), { signal }),
      keyvTokenCache(over({ ...store, get: late, set: late })).set(key, entryOf(), { signal }),
      keyvTokenCache(over({ ...store, get: late })).get(key, { signal }),
    ];
    await vi.waitFor(() => expect(set).toHaveBeenCalled());
    controller.abort(new Error("enough"));
    for (const call of calls) await expect(call).rejects.toThrow("enough");
    answer();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(get).not.toHaveBeenCalled();
  });
});

test("keys that not every store takes are refused, with what to keep to", async () => {
  const store = createStore();
  const cache = keyvTokenCache(majors[0].over(store));
  for (const bad of ["", "a b", "ключ", "a\n", "a/b", "k".repeat(181)]) {
    await expect(cache.get(bad)).rejects.toThrow("keep to A-Z a-z 0-9 . _ : - and 172 characters");
    await expect(cache.set(bad, entryOf())).rejects.toThrow("keep to A-Z a-z 0-9 . _ : - and 172 characters");
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

describe("a lease", () => {
  const lease = { release: async () => {} };
  const acquireLease = vi.fn<AcquireLease>(async () => lease);
  const cache = keyvTokenCache(majors[0].over(createStore()), { lease: acquireLease });

  test("is taken with what was given for it, for the key of the entry", async () => {
    const { signal } = new AbortController();
    expect(await cache.acquireLease?.(key, 10_000, { signal })).toBe(lease);
    expect(acquireLease).toHaveBeenCalledExactlyOnceWith(key, 10_000, { signal });
  });

  test("that comes after an abort is handed out all the same, so that it can be given back", async () => {
    const controller = new AbortController();
    const late = new Promise<typeof lease>((resolve) => setTimeout(resolve, 5, lease));
    acquireLease.mockReturnValueOnce(late);
    const acquired = cache.acquireLease?.(key, 10_000, { signal: controller.signal });
    controller.abort(new Error("enough"));
    expect(await acquired).toBe(lease);
  });

  test("is not taken for keys that not every store takes", async () => {
    await expect(cache.acquireLease?.("a b", 10_000)).rejects.toThrow(
      "keep to A-Z a-z 0-9 . _ : - and 172 characters",
    );
  });

  test("is not to be had where none was given", () => {
    expect(keyvTokenCache(majors[0].over(createStore()))).not.toHaveProperty("acquireLease");
  });
});

describe("options that cannot work are refused at construction:", () => {
  const keyv = majors[0].over(createStore());

  test.each([undefined, null, {}, new Map(), "redis://localhost"])("%o for a Keyv", (wrong: unknown) => {
    expect(() => keyvTokenCache(wrong as KeyvLike)).toThrow('"keyv" of keyvTokenCache has no');
  });

  test("unknown ones, with those that exist", () => {
    const options: object = { timeout: 100 };
    expect(() => keyvTokenCache(keyv, options)).toThrow(
      '"timeout" of keyvTokenCache is not an option. Known options: deadline, lookInterval, lease, encryption.',
    );
  });

  test.each([0.25, 0, -1, 250_000, Number.NaN, Infinity, "250", null])("a deadline of %o", (deadline) => {
    const options: object = { deadline };
    expect(() => keyvTokenCache(keyv, options)).toThrow("it is in milliseconds, from 10 to 10000");
  });

  test.each([null, "redisLease", {}, true])("%o for a lease", (lease) => {
    const options: object = { lease };
    expect(() => keyvTokenCache(keyv, options)).toThrow(
      '"lease" of keyvTokenCache is no lease: give redisLease',
    );
  });

  test.each([null, "secret", [], {}, { encrypt: () => {} }])("%o for the encryption", (encryption) => {
    const options: object = { encryption };
    expect(() => keyvTokenCache(keyv, options)).toThrow(
      /^"encryption" of keyvTokenCache has no method "(en|de)crypt": give aesGcm\(\[\{ id, secret \}\]\)\.$/,
    );
  });

  test("and those that can work are not", () => {
    for (const deadline of [10, 250, 10_000, undefined]) keyvTokenCache(keyv, { deadline });
    const none = { lookInterval: undefined, lease: undefined, encryption: undefined };
    expect(() => keyvTokenCache(keyv, none)).not.toThrow();
    expect(() => keyvTokenCache(keyv)).not.toThrow();
  });
});
