import { memoryTokenCache, systemClock, type CacheEntry, type TokenCache } from "@client-token/core";
import { tokenCacheContract } from "@client-token/core/testing";
import { describe, expect, test } from "vitest";

type Cache = Required<TokenCache>;

interface BrokenCache {
  readonly what: string;
  /** The case that is meant to notice it. */
  readonly notices: string;
  readonly finding: string;
  readonly breaks: (right: Cache) => Partial<Cache>;
}

const never = new Promise<never>(() => {});
const pause = async (delay: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delay));

/** Calls another cache by other keys. */
function renamed(right: Cache, rename: (key: string) => string): Cache {
  return {
    get: (key) => right.get(rename(key)),
    set: (key, entry) => right.set(rename(key), entry),
    acquireLease: (key, duration) => right.acquireLease(rename(key), duration),
  };
}

const broken: readonly BrokenCache[] = [
  {
    what: "keeps the fields that it knows",
    notices: "gives back every field of an entry",
    finding: "gave back the entry.scope changed",
    breaks: (right) => ({
      set: (key, { kind, expiresAt, accessToken }) => right.set(key, { kind, expiresAt, accessToken }),
    }),
  },
  {
    what: "cuts long values off",
    notices: "gives back every field of an entry",
    finding: "gave back the entry.accessToken changed",
    breaks: (right) => ({
      set: (key, entry) =>
        right.set(key, { ...entry, accessToken: String(entry["accessToken"]).slice(0, 4_096) }),
    }),
  },
  {
    what: "knows ASCII alone",
    notices: "gives back every field of an entry",
    finding: "gave back the entry.clientId changed",
    breaks: (right) => ({
      set: (key, entry) =>
        right.set(key, { ...entry, clientId: String(entry["clientId"]).replaceAll(/\P{ASCII}/gu, "?") }),
    }),
  },
  {
    what: "keeps nothing but tokens",
    notices: "keeps tokens, tombstones and failures alike",
    finding: "had lost an entry of the kind tombstone",
    breaks: (right) => ({
      set: async (key, entry) => (entry.kind === "token" ? right.set(key, entry) : undefined),
    }),
  },
  {
    what: "gives null for a miss",
    notices: "gives undefined for a key that has no entry",
    finding: "gave null for an unknown key",
    breaks: (right) => ({
      get: async (key) => (await right.get(key)) ?? (null as unknown as undefined),
    }),
  },
  {
    what: "ignores the case of keys",
    notices: "keeps keys apart that differ in one letter, in case or in length",
    finding: "under another key's name",
    breaks: (right) => renamed(right, (key) => key.toLowerCase()),
  },
  {
    what: "cuts keys off",
    notices: "takes keys of 180 characters",
    finding: "under a key of 180 characters",
    breaks: (right) => renamed(right, (key) => key.slice(0, 128)),
  },
  {
    what: "keeps the first entry",
    notices: "replaces an entry, whatever its kind",
    finding: "gave back the entry.kind changed",
    breaks: (right) => ({
      set: async (key, entry) => right.set(key, (await right.get(key)) ?? entry),
    }),
  },
  {
    what: "writes into the caller's object",
    notices: "leaves the entry that it is given as it is",
    finding: "changed the entry.savedAt",
    breaks: (right) => ({
      set: (key, entry) => right.set(key, Object.assign(entry, { savedAt: 1 })),
    }),
  },
  {
    what: "never forgets",
    notices: "keeps an entry until its expiresAt, and no longer",
    finding: "still gave an entry a second after its expiresAt",
    breaks: () => memoryTokenCache({ clock: { ...systemClock, now: () => 0 } }),
  },
  {
    what: "forgets early",
    notices: "keeps an entry until its expiresAt, and no longer",
    finding: "had lost an entry before its expiresAt",
    breaks: () => memoryTokenCache({ clock: { ...systemClock, now: () => Date.now() + 900 } }),
  },
  {
    what: "keeps the time of the entry that was there first",
    notices: "counts the life of a replaced entry by the new one",
    finding: "had lost an entry after the end of the entry that it replaced",
    breaks(right) {
      const ends = new Map<string, number>();
      return {
        get: async (key) => ((ends.get(key) ?? 0) > Date.now() ? right.get(key) : undefined),
        async set(key, entry) {
          ends.set(key, ends.get(key) ?? entry.expiresAt);
          await right.set(key, entry);
        },
      };
    },
  },
  {
    what: "remembers that there was nothing",
    notices: "takes another entry when the last one has ended",
    finding: "had lost an entry of the kind token",
    breaks(right) {
      const missed = new Set<string>();
      return {
        async get(key) {
          const found = missed.has(key) ? undefined : await right.get(key);
          if (found === undefined) missed.add(key);
          return found;
        },
      };
    },
  },
  {
    what: "does not look at the time at all",
    notices: "never gives an entry that had ended when it was set",
    finding: "gave an entry whose expiresAt had passed before it was set",
    breaks: () => memoryTokenCache({ clock: { ...systemClock, now: () => 0 } }),
  },
  {
    what: "writes an entry in two parts",
    notices: "keeps one whole entry when many are set at once",
    finding: "held none of 20 entries that were set at once",
    breaks() {
      const parts: Partial<CacheEntry>[] = [];
      let writes = 0;
      return {
        get: async () => ({ ...parts[0], ...parts[1] }) as CacheEntry,
        async set(_, { kind, ...fields }) {
          const order = writes++ % 20;
          await pause(order);
          parts[0] = { kind };
          await pause(40 - 2 * order);
          parts[1] = fields;
        },
      };
    },
  },
  {
    what: "rejects every write",
    notices: "keeps one whole entry when many are set at once",
    finding: "rejected all of 20 concurrent writes",
    breaks: () => ({
      set: () => Promise.reject(new Error("busy")),
    }),
  },
  {
    what: "removes what it did not find",
    notices: "loses nothing that is set while others look",
    finding: "had lost an entry after others had looked for it",
    breaks(right) {
      const removed = new Set<string>();
      return {
        async get(key) {
          const found = removed.has(key) ? undefined : await right.get(key);
          if (found === undefined) void pause(1).then(() => removed.add(key));
          await pause(2);
          return found;
        },
      };
    },
  },
  {
    what: "waits for an abort that has been",
    notices: "settles calls that were aborted before they began",
    finding: "had not settled get after 3000 ms",
    breaks: (right) => ({
      get: (key, options) => (options?.signal === undefined ? right.get(key) : never),
    }),
  },
  {
    what: "closes its connection when a call is aborted",
    notices: "settles calls that were aborted before they began",
    finding: "the connection is closed",
    breaks(right) {
      let open = true;
      return {
        async set(key, entry, { signal } = {}) {
          open &&= signal?.aborted !== true;
          if (!open) throw new Error("the connection is closed");
          await right.set(key, entry);
        },
      };
    },
  },
  {
    what: "looks, and then takes the lease",
    notices: "gives a lease to one of twenty who ask at once",
    finding: "gave a lease to 20 of 20",
    breaks() {
      const held = new Set<string>();
      return {
        async acquireLease(key) {
          const isHeld = held.has(key);
          await pause(1);
          if (isHeld) return undefined;
          held.add(key);
          return { release: async () => void held.delete(key) };
        },
      };
    },
  },
  {
    what: "gives everybody a lease",
    notices: "does not give a lease twice",
    finding: "gave away a lease while it was held",
    breaks: () => ({
      acquireLease: async () => ({ release: async () => {} }),
    }),
  },
  {
    what: "never takes a lease back",
    notices: "gives a lease again once it is released",
    finding: "refused a lease that nobody held",
    breaks: (right) => ({
      acquireLease: async (key, duration) =>
        (await right.acquireLease(key, duration)) && { release: async () => {} },
    }),
  },
  {
    what: "takes milliseconds for seconds",
    notices: "ends a lease after its duration, and not long before",
    finding: "refused a lease after its duration",
    breaks: (right) => ({
      acquireLease: (key, duration) => right.acquireLease(key, duration * 1_000),
    }),
  },
  {
    what: "takes seconds for milliseconds",
    notices: "ends a lease after its duration, and not long before",
    finding: "gave a lease away in the first half of its duration",
    breaks: (right) => ({
      acquireLease: (key, duration) => right.acquireLease(key, duration / 1_000),
    }),
  },
  {
    what: "releases whatever lease there is",
    notices: "leaves a lease alone that another has taken since",
    finding: "gave away a lease that an earlier holder released late",
    breaks: releasesByKey,
  },
  {
    what: "releases whatever lease there is, again",
    notices: "lets a lease be released twice",
    finding: "gave away a lease that an earlier holder released again",
    breaks: releasesByKey,
  },
  {
    what: "rejects a second release",
    notices: "lets a lease be released twice",
    finding: "not yours",
    breaks: (right) => ({
      async acquireLease(key, duration) {
        const lease = await right.acquireLease(key, duration);
        let held = true;
        return (
          lease && {
            async release() {
              if (!held) throw new Error("not yours");
              held = false;
              await lease.release();
            },
          }
        );
      },
    }),
  },
  {
    what: "has one lease for all keys",
    notices: "keeps leases of different keys apart",
    finding: "refused a lease that nobody held",
    breaks: (right) => ({
      acquireLease: (_, duration) => right.acquireLease("lease", duration),
    }),
  },
  {
    what: "keeps leases among the entries",
    notices: "keeps a lease and the entry of its key apart",
    finding: "gave a lease as an entry",
    breaks: (right) => ({
      async acquireLease(key, duration) {
        await right.set(key, { kind: "token", expiresAt: Date.now() + duration });
        return right.acquireLease(key, duration);
      },
    }),
  },
  {
    what: "cuts the keys of leases off",
    notices: "takes leases of keys of 180 characters",
    finding: "refused a lease that nobody held",
    breaks: (right) => ({
      acquireLease: (key, duration) => right.acquireLease(key.slice(0, 128), duration),
    }),
  },
  {
    what: "takes the lease for somebody who has gone",
    notices: "leaves no lease behind if the call was aborted before it began",
    finding: "refused a lease that nobody was given",
    breaks: (right) => ({
      async acquireLease(key, duration, options) {
        const lease = await right.acquireLease(key, duration);
        options?.signal?.throwIfAborted();
        return lease;
      },
    }),
  },
];

function releasesByKey(right: Cache): Partial<Cache> {
  const current = new Map<string, { release(): Promise<void> }>();
  return {
    async acquireLease(key, duration) {
      const lease = await right.acquireLease(key, duration);
      if (lease === undefined) return undefined;
      current.set(key, lease);
      return { release: async () => current.get(key)?.release() };
    },
  };
}

function rightCache(): Cache {
  const cache = memoryTokenCache();
  return {
    get: (key) => cache.get(key),
    set: (key, entry) => cache.set(key, entry),
    acquireLease: async (key, duration) => cache.acquireLease?.(key, duration),
  };
}

describe.concurrent("memoryTokenCache keeps the contract: it", { timeout: 20_000 }, () => {
  test.each(tokenCacheContract(() => memoryTokenCache()))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

// A machine that stands still for most of a second sees nothing end early.
describe.concurrent("the contract notices a cache that", { timeout: 20_000, retry: 2 }, () => {
  test.each(broken)("$what", async ({ notices, finding, breaks }) => {
    const cases = tokenCacheContract(async () => {
      const right = rightCache();
      return { ...right, ...breaks(right) };
    });
    const check = cases.find(({ name }) => name === notices);
    await expect(check?.run()).rejects.toThrow(finding);
  });

  test("has no leases, unless that is meant", async () => {
    const { acquireLease: _, ...cache } = rightCache();
    const contract = (leases?: boolean) => tokenCacheContract(() => cache, { leases });
    const outcomes = await Promise.allSettled(contract().map(({ run }) => run()));
    const found = outcomes.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
    expect(new Set(found)).toEqual(new Set([expect.stringContaining("{ leases: false }")]));
    expect(found).toHaveLength(contract().length - contract(false).length);
  });
});

test("every case of the contract can fail", () => {
  const names = tokenCacheContract(() => memoryTokenCache()).map(({ name }) => name);
  expect(names.filter((name) => !broken.some(({ notices }) => notices === name))).toEqual([]);
});
