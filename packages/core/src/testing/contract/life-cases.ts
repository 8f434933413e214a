import type { CacheEntry } from "../../options/token-cache.ts";
import {
  comesTrue,
  expectKept,
  expectSame,
  finding,
  freshEntry,
  freshKey,
  orRejected,
  pause,
  shortLife,
  type ContractCases,
  type Subject,
} from "./subject.ts";

/** What the contract says about the end of entries. */
export const lifeCases: ContractCases = {
  async "keeps an entry until its expiresAt, and no longer"(cache) {
    const key = freshKey();
    const entry = freshEntry({ expiresAt: Date.now() + shortLife });
    await cache.set(key, entry);
    await pause(shortLife / 4);
    const found = await cache.get(key);
    // A store that was slow proves nothing.
    if (Date.now() < entry.expiresAt) expectSame(entry, found, "before its expiresAt");
    await expectEnd(cache, key, entry);
  },

  async "counts the life of a replaced entry by the new one"(cache) {
    const [longer, shorter] = [freshKey(), freshKey()];
    const long = freshEntry();
    await cache.set(shorter, long);
    const short = freshEntry({ expiresAt: Date.now() + shortLife });
    await Promise.all([cache.set(shorter, short), cache.set(longer, short)]);
    await cache.set(longer, long);
    await expectEnd(cache, shorter, short);
    expectSame(long, await cache.get(longer), "after the end of the entry that it replaced");
  },

  async "takes another entry when the last one has ended"(cache) {
    const key = freshKey();
    const ended = freshEntry({ expiresAt: Date.now() + shortLife });
    await cache.set(key, ended);
    await expectEnd(cache, key, ended);
    await expectKept(cache, key, freshEntry());
  },

  async "never gives an entry that had ended when it was set"(cache) {
    const key = freshKey();
    await orRejected(cache.set(key, freshEntry({ expiresAt: Date.now() - 1_000 })));
    if ((await cache.get(key)) !== undefined) {
      throw finding(
        "gave an entry whose expiresAt had passed before it was set",
        "it may reject, or forget it",
      );
    }
  },
};

/** Stores that count in whole seconds may be one of them late. */
async function expectEnd(cache: Subject, key: string, { expiresAt }: CacheEntry): Promise<void> {
  await pause(expiresAt - Date.now());
  const gone = await comesTrue(expiresAt + 1_000, async () => (await cache.get(key)) === undefined);
  if (!gone) throw finding("still gave an entry a second after its expiresAt", "an entry is gone by then");
}
