import type { SharedSubject } from "../options/shared-tokens.ts";
import type { TokenCache } from "../options/token-cache.ts";
import type { MemoryOf } from "./memory.ts";
import type { Store } from "./store.ts";

/** Gives a lease back. Never rejects: it ends by itself. */
export type Release = () => Promise<void>;

/** The leases of all subjects. All calls end in time. */
export interface Leases {
  /** `taken`: somebody else has it; `none`: the store has no leases, or they do not work. Never rejects. */
  acquire(subject: SharedSubject, duration: number): Promise<Release | "taken" | "none">;
  /** Takes note that a lease stands longer than it may. */
  giveUp(subject: SharedSubject): void;
}

export function openLeases(cache: TokenCache, store: Store, memoryOf: MemoryOf): Leases {
  let degraded = false;
  return {
    async acquire(subject, duration) {
      const { emit, client } = subject;
      if (cache.acquireLease === undefined) {
        if (!degraded) emit({ type: "lease-missing", client: client.name });
        degraded = true;
        return "none";
      }
      try {
        const lease = await store.call(subject, {
          operation: "lease",
          run: async ({ key }, signal) => cache.acquireLease?.(key, duration, { signal }),
          // A lease that comes late would keep everybody out until it ends.
          tooLate: (late) => late?.release(),
        });
        // Stores written without types say null.
        if (lease === undefined || lease === null) return "taken";
        memoryOf(subject).leaseStuck = false;
        const giveBack = {
          operation: "lease",
          whenOpen: "insist",
          run: async () => lease.release(),
        } as const;
        return () => store.call(subject, giveBack).catch(() => {});
      } catch {
        return "none";
      }
    },
    giveUp(subject) {
      memoryOf(subject).leaseStuck = true;
      subject.emit({
        type: "cache-failed",
        client: subject.client.name,
        operation: "lease",
        error: new Error("A lease stands longer than any process may hold it."),
      });
    },
  };
}
