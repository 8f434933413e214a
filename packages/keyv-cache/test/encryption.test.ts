import { createDecipheriv, hkdfSync } from "node:crypto";
import type { CacheEntry } from "@client-token/core";
import { aesGcm, keyvTokenCache, type EntryEncryption, type KeyvLike } from "@client-token/keyv-cache";
import * as fc from "fast-check";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { anyEntry, anyJson, entryOf, key } from "./support/entries.ts";
import { cacheFailures, createFleet } from "./support/fleet.ts";
import { newKey, type TestKey } from "./support/keys.ts";
import { createStore, kept, majors, type OpenStore } from "./support/keyvs.ts";

const secretKey = newKey("2026-11");
const encryption = aesGcm([secretKey]);

interface Sealing {
  readonly entry?: CacheEntry;
  readonly cacheKey?: string;
  readonly cipher?: EntryEncryption;
  /** How far ahead the writer's clock is, in milliseconds. */
  readonly ahead?: number;
}

/** What a cache stores for an entry. */
async function sealed({ entry = entryOf(), cacheKey = key, cipher = encryption, ahead = 0 }: Sealing = {}) {
  const store = createStore();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ahead });
  await keyvTokenCache(majors[0].over(store), { encryption: cipher }).set(cacheKey, entry);
  vi.useRealTimers();
  return valueIn(store.values.get(cacheKey));
}

/** What is inside of Keyv's envelope. */
function valueIn(stored: unknown): string {
  return (JSON.parse(String(stored)) as { value: string }).value;
}

function inEnvelope(value: string): string {
  return JSON.stringify({ value });
}

describe.each(majors)("over $name: an encrypted entry", ({ over }) => {
  const cacheOver = (keyv: KeyvLike) => keyvTokenCache(keyv, { encryption });

  test("comes back with every field, in both Keyvs, whatever they are", async () => {
    const store = createStore();
    const cache = cacheOver(over(store));
    const readers = majors.map((major) => cacheOver(major.over(store)));
    await fc.assert(
      fc.asyncProperty(anyEntry, async (entry) => {
        await cache.set(key, entry);
        for (const reader of readers) {
          expect(JSON.stringify(await reader.get(key))).toBe(JSON.stringify(entry));
        }
      }),
    );
  });

  test.each(["token", "tombstone", "failure"] as const)(
    "shows nothing, and never looks the same: %s",
    async (kind) => {
      const store = createStore();
      const cache = cacheOver(over(store));
      const entry = entryOf({ kind });
      const seen = new Set<string>();
      for (let i = 0; i < 20; i++) {
        await cache.set(key, entry);
        const value = valueIn(store.values.get(key));
        const [, ciphertext = ""] = /^client-token\/1 2026-11 ([\w-]+)$/.exec(value) ?? [];
        seen.add(ciphertext);
        expect(Buffer.from(ciphertext, "base64url").toString("latin1")).not.toMatch(
          /kind|expiresAt|secret-token/,
        );
      }
      expect(seen.size).toBe(20);
    },
  );

  test("that was cut off or changed anywhere is a miss, and gets overwritten", async () => {
    const store = createStore();
    const cache = cacheOver(over(store));
    const entry = entryOf();
    const value = await sealed({ entry });
    const character = fc.oneof(
      fc.constantFrom("", "=", " ", "\n", "A", "_"),
      fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(value.length - 1), fc.nat(1), character, async (at, gone, put) => {
        const changed = [value.slice(0, at), value.slice(0, at) + put + value.slice(at + gone)];
        // With a colon in front it is the same string to Keyv 5, which escapes those that begin with one.
        for (const planted of changed.filter((one) => one !== value && one !== `:${value}`)) {
          store.values.set(key, inEnvelope(planted));
          expect(await cache.get(key)).toBeUndefined();
          await cache.set(key, entry);
          expect(await cache.get(key)).toEqual(entry);
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["a plain one", async () => valueIn(kept(entryOf()))],
    ["one of another key of the cache", () => sealed({ cacheKey: `${key}-other` })],
    ["one of the failure marker's key", () => sealed({ cacheKey: `${key}:failure` })],
    ["one of another secret with the same id", () => sealed({ cipher: aesGcm([newKey("2026-11")]) })],
    ["one of a secret that is not ours", () => sealed({ cipher: aesGcm([newKey("other")]) })],
    [
      "one of our secret with another id",
      () => sealed({ cipher: aesGcm([{ ...secretKey, id: "2026-12" }]) }),
    ],
    ["one with another id put in", async () => (await sealed()).replace("2026-11", "2026-12")],
    ["one without an id", async () => (await sealed()).replace("2026-11 ", "")],
    ["one of another layout", async () => (await sealed()).replace("/1 ", "/2 ")],
    ["one with something in front", async () => ` ${await sealed()}`],
    ["one with something behind", async () => `${await sealed()} `],
    ["one with padding", async () => `${await sealed()}=`],
    ["the IV of one, and nothing more", async () => (await sealed()).slice(0, 23 + 16)],
    [
      "one that has ended",
      () => sealed({ entry: entryOf({ expiresAt: Date.now() - 5_000 }), ahead: -10_000 }),
    ],
  ])("is not: %s; that is a miss and gets overwritten", async (_, plant) => {
    const store = createStore();
    const cache = cacheOver(over(store));
    store.values.set(key, inEnvelope(await plant()));
    expect(await cache.get(key)).toBeUndefined();
    const entry = entryOf();
    await cache.set(key, entry);
    expect(await cache.get(key)).toEqual(entry);
  });

  test("is no other JSON value either", async () => {
    const store = createStore();
    const cache = cacheOver(over(store));
    await fc.assert(
      fc.asyncProperty(anyJson, async (value) => {
        const wrapped = `client-token/1 ${JSON.stringify(value)}`;
        for (const planted of [value, { value }, { value: wrapped }, { value, expires: value }]) {
          store.values.set(key, JSON.stringify(planted));
          expect(await cache.get(key)).toBeUndefined();
        }
      }),
    );
  });

  test("is a miss for a cache without the keys, and gets overwritten", async () => {
    const store = createStore();
    await cacheOver(over(store)).set(key, entryOf());
    const plain = keyvTokenCache(over(store));
    expect(await plain.get(key)).toBeUndefined();
    const entry = entryOf();
    await plain.set(key, entry);
    expect(await plain.get(key)).toEqual(entry);
  });

  test("is refused if it would be too long to be read", async () => {
    const store = createStore();
    const cache = cacheOver(over(store));
    await expect(cache.set(key, entryOf({ accessToken: "x".repeat(50_000) }))).rejects.toThrow(
      "limit is 65536",
    );
    expect(store.values.size).toBe(0);
    const long = entryOf({ accessToken: "x".repeat(48_000) });
    await cache.set(key, long);
    expect(await cache.get(key)).toEqual(long);
  });
});

test("what does not decrypt is nothing at all", async () => {
  const encrypted = await encryption.encrypt("text", key);
  expect(await encryption.decrypt(encrypted, key)).toBe("text");
  for (const [text, cacheKey] of [
    [encrypted, `${key}-other`],
    [encrypted.slice(0, -1), key],
    [encrypted.replace("2026-11", "2026-12"), key],
    ["2026-11 ", key],
    ["2026-11 A", key],
    ["text", key],
    ["", key],
  ] as const) {
    expect(await encryption.decrypt(text, cacheKey)).toBeUndefined();
  }
});

test("an entry can be read with no more than its key: HKDF-SHA-256, AES-256-GCM, RFC 5116's layout", async () => {
  const [, id = "", text = ""] = /^client-token\/1 (\S+) (\S+)$/.exec(await sealed()) ?? [];
  const bytes = Buffer.from(text, "base64url");
  const derived = hkdfSync("sha256", secretKey.secret, "client-token/1", `AES-256-GCM ${id}`, 32);
  const decipher = createDecipheriv("aes-256-gcm", Buffer.from(derived), bytes.subarray(0, 12));
  decipher.setAAD(Buffer.from(JSON.stringify(["client-token/1", "2026-11", key])));
  decipher.setAuthTag(bytes.subarray(-16));
  const json = decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8");
  expect(JSON.parse(json)).toMatchObject({ entry: { kind: "token", accessToken: "secret-token" } });
});

describe.each(majors)("over $name: the proof that an encrypted entry was stored", ({ over }) => {
  /** A store that keeps this instead of what it is given, and reports success. */
  async function write(instead: string, kind: CacheEntry["kind"]): Promise<void> {
    const store = createStore();
    const set = async (): Promise<void> => void store.values.set(key, inEnvelope(instead));
    await keyvTokenCache(over({ ...store, set }), { encryption }).set(key, entryOf({ kind }));
  }

  test("is also what another process has written since", async () => {
    const since = await sealed({ ahead: 60_000 });
    await expect(write(since, "token")).resolves.toBeUndefined();
  });

  test.each([
    ["what was there before", () => sealed({ ahead: -60_000 })],
    ["a plain entry", async () => valueIn(kept(entryOf(), Date.now() + 60_000))],
    ["an entry of another key of the cache", () => sealed({ cacheKey: `${key}-other`, ahead: 60_000 })],
    ["an entry of another secret", () => sealed({ cipher: aesGcm([newKey("2026-11")]), ahead: 60_000 })],
    ["a tombstone", () => sealed({ entry: entryOf({ kind: "tombstone" }), ahead: 60_000 })],
  ])("is not: %s", async (_, plant) => {
    await expect(write(await plant(), "token")).rejects.toThrow("the entry is not there");
  });
});

test("a write that was aborted while it was encrypted does not reach the store", async () => {
  const store = createStore();
  const controller = new AbortController();
  const { signal } = controller;
  const slow = {
    ...encryption,
    encrypt: () => new Promise<string>((resolve) => setTimeout(resolve, 5, "id AAAA")),
  };
  const set = keyvTokenCache(majors[0].over(store), { encryption: slow }).set(key, entryOf(), { signal });
  controller.abort(new Error("enough"));
  await expect(set).rejects.toThrow("enough");
  await new Promise((resolve) => setTimeout(resolve, 15));
  expect(store.values.size).toBe(0);
});

describe("while a key provider has never given a key", () => {
  const cipher = aesGcm(() => Promise.reject(new Error("KMS is down")));
  const told = expect.stringContaining("The function that gives the keys of aesGcm failed: Error") as string;

  test("calls for a token go on, and nothing is stored in plain text", async () => {
    const { server, join } = await createFleet();
    const store = createStore();
    store.values.set("planted", kept(entryOf()));
    const member = join(keyvTokenCache(majors[0].over(store), { encryption: cipher }), () => "invoices");
    const token = await member.tokens.getToken("invoices");
    await member.tokens.close();
    expect(token.accessToken).toBe(server.issued[0]);
    expect([...store.values.keys()]).toEqual(["planted"]);
    expect(cacheFailures(member)).toContainEqual(told);
  });

  test("an encrypted entry is a fault, not a miss", async () => {
    const store = createStore();
    store.values.set(key, inEnvelope(await sealed()));
    await expect(keyvTokenCache(majors[0].over(store), { encryption: cipher }).get(key)).rejects.toThrow(
      "failed",
    );
  });
});

describe("while the keys take their time", () => {
  const wait = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));
  const late = "The encryption of the cache did not get ready within";
  const hanging = aesGcm(() => new Promise<never>(() => {}));

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
  });

  /** The cache of a process whose keys are there after 400 ms. */
  function slowCache(store: OpenStore, options: { readonly deadline?: number } = {}) {
    const provide = vi.fn<() => Promise<TestKey[]>>(async () => wait(400).then(() => [secretKey]));
    const cache = keyvTokenCache(majors[0].over(store), { ...options, encryption: aesGcm(provide) });
    return { cache, provide };
  }

  test("a look into the cache asks for them, so that they are there when the token is", async () => {
    const store = createStore();
    const { cache, provide } = slowCache(store);
    expect(await cache.get(key)).toBeUndefined();
    expect(provide).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(400);
    const entry = entryOf();
    await cache.set(key, entry);
    expect(await cache.get(key)).toEqual(entry);
    expect(provide).toHaveBeenCalledOnce();
  });

  test.each([
    ["as it is", {}, 200],
    ["of a second", { deadline: 1_000 }, 400],
  ])("an entry is waited for within the deadline: %s", async (_, options, wanted) => {
    const store = createStore();
    store.values.set(key, inEnvelope(await sealed()));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { cache } = slowCache(store, options);
    const [over, failed] = [vi.fn<(entry: unknown) => void>(), vi.fn<(error: unknown) => void>()];
    void cache.get(key).then(over, failed);
    await vi.advanceTimersByTimeAsync(wanted - 1);
    expect([over.mock.calls, failed.mock.calls]).toEqual([[], []]);
    await vi.advanceTimersByTimeAsync(1);
    await vi.waitFor(() => expect(over.mock.calls.length + failed.mock.calls.length).toBe(1));
    const told = new Error(`${late} 200 ms: load its keys before you start, or raise deadline.`);
    expect(failed.mock.calls).toEqual(wanted === 200 ? [[told]] : []);
    expect(vi.getTimerCount()).toBe(wanted === 200 ? 1 : 0);
  });

  test("a write that waits for them in vain says so, and does not reach the store", async () => {
    const store = createStore();
    const cache = keyvTokenCache(majors[0].over(store), { encryption: hanging, deadline: 70 });
    const written = cache.set(key, entryOf()).then(String, String);
    await vi.advanceTimersByTimeAsync(56);
    expect(await written).toContain(`${late} 56 ms`);
    expect(store.values.size).toBe(0);
  });

  test("they are the cause that is told, and not the store", async () => {
    vi.useRealTimers();
    const store = createStore();
    store.values.set("planted", inEnvelope(await sealed({ cacheKey: "planted" })));
    const { join } = await createFleet();
    const cache = keyvTokenCache(majors[0].over(store), { encryption: hanging, deadline: 100 });
    const member = join(cache, () => "planted");
    expect(await member.timedToken()).toBeLessThan(1_000);
    expect(cacheFailures(member)[0]).toContain(`get: Error: ${late} 80 ms`);
  });

  test("an encryption of one's own needs no way to get ready", async () => {
    const own: EntryEncryption = {
      encrypt: async (text) => `own ${btoa(text)}`,
      decrypt: async (encrypted) => atob(encrypted.slice(4)),
    };
    const cache = keyvTokenCache(majors[0].over(createStore()), { encryption: own });
    const entry = entryOf();
    await cache.set(key, entry);
    expect(await cache.get(key)).toEqual(entry);
  });

  test("or fail, a look into the cache leaves no unhandled rejection", async () => {
    const failing = aesGcm(() => Promise.reject(new Error("KMS is down")));
    const cache = keyvTokenCache(majors[0].over(createStore()), { encryption: failing });
    expect(await cache.get(key)).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve));
  });
});
