import type { AcquireLease } from "./acquire-lease.ts";

/** The commands that leases are made of. Each rejects on a fault. */
export interface LeaseStore {
  /** Puts `owner` there for `duration` milliseconds if nobody is, in one atomic step; whether it did. */
  take(key: string, owner: string, duration: number): Promise<boolean>;
  /** Who is there. Left out where a repeated `take` of the same owner succeeds. */
  holder?(key: string): Promise<unknown>;
  /** Removes `owner` if it is there; whether it did. The lease is its own for `left` more milliseconds. */
  drop(key: string, owner: string, left: number): Promise<boolean>;
}

/**
 * Leases over the commands of a store. Each taking has an owner of its own, which tells it from others, and a
 * connection for all that becomes of it: one that is asked for later would be opened again after it was closed.
 */
export function leasesIn(connect: () => LeaseStore | Promise<LeaseStore>): AcquireLease {
  return async (key, duration, { signal } = {}) => {
    signal?.throwIfAborted();
    const store = await connect();
    signal?.throwIfAborted();
    const leaseKey = `${key}:lease`;
    const owner = crypto.randomUUID();
    const whole = Math.ceil(duration);
    const end = performance.now() + whole;
    const drop = (): Promise<boolean> => store.drop(leaseKey, owner, end - performance.now());
    const undo = (error: unknown): never => {
      void withdraw(drop);
      throw error;
    };
    try {
      // Clients repeat a command whose answer was lost: what is taken may be taken by ourselves.
      const taken =
        (await store.take(leaseKey, owner, whole)) || String(await store.holder?.(leaseKey)) === owner;
      if (!taken) return undefined;
      // Nobody would give it back.
      signal?.throwIfAborted();
      return { release: async () => void (await drop().catch(undo)) };
    } catch (error) {
      return undo(error);
    }
  };
}

/**
 * Undoes a taking that may have happened, or may yet, or that could not be given back: a connection that dropped
 * needs time to come back, and a server may read it to its end after the next one.
 */
async function withdraw(drop: () => Promise<boolean>): Promise<void> {
  for (const pause of [0, 250, 1_000, 4_000]) {
    await new Promise((resolve) => {
      const timer: unknown = setTimeout(resolve, pause);
      // Nobody waits, so it shall not keep the process alive, where the runtime knows such a thing.
      (timer as { unref?: () => void }).unref?.();
    });
    if (await drop().catch(() => false)) return;
  }
}
