import type { Lease } from "../../options/token-cache.ts";
import {
  comesTrue,
  difference,
  finding,
  freshEntry,
  freshKey,
  orRejected,
  pause,
  shortLife,
  type ContractCases,
  type Subject,
} from "./subject.ts";

/** Long enough for every case, in milliseconds. */
const long = 30_000;

/** What the contract says about `acquireLease`. */
export const leaseCases: ContractCases = {
  async "gives a lease to one of twenty who ask at once"(cache) {
    const key = freshKey();
    const asked = Array.from({ length: 20 }, () => cache.acquireLease(key, long));
    const leases = (await Promise.all(asked)).filter((lease) => lease !== undefined);
    await Promise.all(leases.map((lease) => lease.release()));
    if (leases.length !== 1) throw finding(`gave a lease to ${leases.length} of 20`, "one of them holds it");
  },

  async "does not give a lease twice"(cache) {
    const key = freshKey();
    const lease = await take(cache, key, long);
    await expectHeld(cache, key, "while it was held");
    await lease.release();
  },

  async "gives a lease again once it is released"(cache) {
    const key = freshKey();
    for (let round = 0; round < 3; round++) await (await take(cache, key, long)).release();
  },

  async "ends a lease after its duration, and not long before"(cache) {
    const key = freshKey();
    const start = Date.now();
    await take(cache, key, shortLife);
    await pause(shortLife / 4);
    const early = await cache.acquireLease(key, shortLife);
    // A store that was slow proves nothing.
    if (early !== undefined && Date.now() < start + shortLife / 2) {
      throw finding("gave a lease away in the first half of its duration", "it stands for the whole of it");
    }
    await (early ?? (await takeEnded(cache, key))).release();
  },

  async "leaves a lease alone that another has taken since"(cache) {
    const key = freshKey();
    const ended = await take(cache, key, shortLife);
    const next = await takeEnded(cache, key);
    await ended.release();
    await expectHeld(cache, key, "that an earlier holder released late");
    await next.release();
  },

  async "lets a lease be released twice"(cache) {
    const key = freshKey();
    const lease = await take(cache, key, long);
    await lease.release();
    await lease.release();
    const next = await take(cache, key, long);
    await lease.release();
    await expectHeld(cache, key, "that an earlier holder released again");
    await next.release();
  },

  async "keeps leases of different keys apart"(cache) {
    const key = freshKey();
    const taken = await Promise.all([key, `${key}a`, `${key}A`].map((name) => take(cache, name, long)));
    await taken[0]?.release();
    await expectHeld(cache, `${key}a`, "whose key was another's");
    await Promise.all(taken.map((lease) => lease.release()));
  },

  async "keeps a lease and the entry of its key apart"(cache) {
    const [key, entry] = [freshKey(), freshEntry()];
    const lease = await take(cache, key, long);
    const wanted = "the lease of a key is nothing that get gives, set replaces or release takes away";
    if ((await cache.get(key)) !== undefined) throw finding("gave a lease as an entry", wanted);
    await cache.set(key, entry);
    await expectHeld(cache, key, "whose entry had been set");
    await lease.release();
    if (difference(entry, await cache.get(key)) !== undefined) {
      throw finding("lost an entry with the lease of its key", wanted);
    }
  },

  async "takes leases of keys of 180 characters"(cache) {
    const key = `${freshKey()}::`.padEnd(179, "-");
    const taken = await Promise.all(["1", "2"].map((end) => take(cache, key + end, long)));
    await expectHeld(cache, `${key}1`, "of a key of 180 characters");
    await Promise.all(taken.map((lease) => lease.release()));
  },

  async "leaves no lease behind if the call was aborted before it began"(cache) {
    const key = freshKey();
    const lease = await orRejected(cache.acquireLease(key, long, { signal: AbortSignal.abort() }));
    await lease?.release();
    await takeUntil(Date.now() + 2_000, cache, key, "that nobody was given");
  },
};

async function take(cache: Subject, key: string, duration: number): Promise<Lease> {
  const lease = await cache.acquireLease(key, duration);
  if (lease === undefined) throw finding("refused a lease that nobody held", "a free lease is given");
  return lease;
}

/** Takes a lease that is about to end. Stores that count in whole seconds may be two of them late. */
function takeEnded(cache: Subject, key: string): Promise<Lease> {
  return takeUntil(Date.now() + shortLife + 2_500, cache, key, "after its duration");
}

async function takeUntil(end: number, cache: Subject, key: string, circumstance: string): Promise<Lease> {
  let lease: Lease | undefined;
  await comesTrue(end, async () => (lease = await cache.acquireLease(key, long)) !== undefined);
  if (lease === undefined) throw finding(`refused a lease ${circumstance}`, "a free lease is given");
  return lease;
}

async function expectHeld(cache: Subject, key: string, circumstance: string): Promise<void> {
  const second = await cache.acquireLease(key, long);
  if (second === undefined) return;
  await second.release();
  throw finding(
    `gave away a lease ${circumstance}`,
    "it stands until its holder releases it or its time is over",
  );
}
