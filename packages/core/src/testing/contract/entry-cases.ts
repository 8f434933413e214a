import type { CacheEntry } from "../../options/token-cache.ts";
import {
  difference,
  expectKept,
  expectSame,
  finding,
  freshEntry,
  freshKey,
  orRejected,
  type ContractCases,
} from "./subject.ts";

/** What tends to get lost on the way through a store. */
const fields = {
  accessToken: "a-token.that_is/very~long+".repeat(320),
  scope: "",
  clientId: "Zürich 東京 🔑 \u2028 \0 \\ \" '",
  marks: [":", "::", ":base64:AAAA", "{", "null", "%00", "1"],
  amounts: [0, -1, 0.1, 1e21, 1_763_900_000_123],
  answers: [true, false, null],
  nested: { list: [[], {}, { deep: [{ deeper: "still here" }] }], "a key with.signs:": 1 },
  unknownField: "from a newer version",
};

/** What the contract says about `get` and `set`. */
export const entryCases: ContractCases = {
  async "gives back every field of an entry"(cache) {
    await expectKept(cache, freshKey(), freshEntry(fields));
  },

  async "keeps tokens, tombstones and failures alike"(cache) {
    for (const kind of ["token", "tombstone", "failure"] as const) {
      await expectKept(cache, freshKey(), freshEntry({ kind }));
    }
  },

  async "gives undefined for a key that has no entry"(cache) {
    const found: unknown = await cache.get(freshKey());
    if (found !== undefined) {
      throw finding(
        `gave ${found === null ? "null" : "something"} for an unknown key`,
        "a miss is undefined",
      );
    }
  },

  async "keeps keys apart that differ in one letter, in case or in length"(cache) {
    const key = freshKey();
    const keys = [
      `${key}a`,
      `${key}A`,
      `${key}b`,
      key,
      `${key}a:failure`,
      `${key}-a`,
      `${key}_a`,
      `${key}.a`,
    ];
    const entries = keys.map((name) => [name, freshEntry()] as const);
    for (const [name, entry] of entries) await cache.set(name, entry);
    for (const [name, entry] of entries) expectSame(entry, await cache.get(name), "under another key's name");
  },

  async "takes keys of 180 characters"(cache) {
    const long = `ABCXYZabcxyz0189._-::${freshKey()}`.padEnd(179, "-");
    const [one, other] = [freshEntry(), freshEntry()];
    await cache.set(`${long}1`, one);
    await cache.set(`${long}2`, other);
    expectSame(one, await cache.get(`${long}1`), "under a key of 180 characters");
    expectSame(other, await cache.get(`${long}2`), "under a key of 180 characters");
  },

  async "replaces an entry, whatever its kind"(cache) {
    const key = freshKey();
    await expectKept(cache, key, freshEntry(fields));
    await expectKept(cache, key, freshEntry({ kind: "tombstone" }));
    await expectKept(cache, key, freshEntry());
  },

  async "leaves the entry that it is given as it is"(cache) {
    const entry = freshEntry(structuredClone(fields));
    const before = structuredClone(entry);
    await cache.set(freshKey(), entry);
    const changed = difference(before, entry);
    if (changed !== undefined) throw finding(`changed ${changed}`, "the caller's object stays as it is");
  },

  async "keeps one whole entry when many are set at once"(cache) {
    const key = freshKey();
    const entries = Array.from({ length: 20 }, (_, i) =>
      freshEntry({ ...fields, kind: i % 2 === 0 ? "token" : "failure", accessToken: `${i}`.repeat(2_000) }),
    );
    // A cache may reject a write that another has overtaken.
    const stored = (entry: CacheEntry) => orRejected(cache.set(key, entry).then(() => true));
    if (!(await Promise.all(entries.map(stored))).includes(true)) {
      throw finding("rejected all of 20 concurrent writes", "one of them is stored");
    }
    const found = await cache.get(key);
    if (!entries.some((entry) => difference(entry, found) === undefined)) {
      throw finding("held none of 20 entries that were set at once", "one of them is there, whole");
    }
  },

  async "loses nothing that is set while others look"(cache) {
    for (let round = 0; round < 20; round++) {
      const [key, entry] = [freshKey(), freshEntry()];
      const looks = Array.from({ length: 5 }, () => cache.get(key));
      await Promise.all([cache.set(key, entry), ...looks]);
      expectSame(entry, await cache.get(key), "after others had looked for it");
    }
  },

  async "settles calls that were aborted before they began"(cache) {
    const signal = AbortSignal.abort();
    await orRejected(cache.get(freshKey(), { signal }));
    await orRejected(cache.set(freshKey(), freshEntry(), { signal }));
    await expectKept(cache, freshKey(), freshEntry());
  },
};
