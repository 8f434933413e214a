// What every lease promises, over whatever store.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { AcquireLease } from "../../../src/leases/acquire-lease.ts";

/** A store that can fail, and processes that take leases in it. */
export interface LeaseBench {
  /** Leases over a connection of their own, as another process has it; cut at the end of the test. */
  connect(): Promise<AcquireLease>;
  /** The same, over a client that gives up a command after about 200 ms. */
  connectImpatient(): Promise<AcquireLease>;
  /** Who has the lease of a cache key: what the store holds, seen from outside. */
  holder(key: string): Promise<string | undefined>;
  pause(): void;
  resume(): void;
  /** The server is gone, and its clients' connections with it. */
  crash(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** In milliseconds. Long enough that no lease of a test ends by itself. */
const long = 60_000;

/** A cache key that no other test has. */
export function freshKey(): string {
  return `client-token::invoices::${randomUUID()}`;
}

/** What became of a promise within 100 ms. */
async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  const soon = new Promise((resolve) => setTimeout(resolve, 100, "pending"));
  return Promise.race([work.catch(() => "rejected"), soon]);
}

export function keepsLeasePromises(startBench: () => Promise<LeaseBench>): void {
  let bench: LeaseBench;
  beforeAll(async () => {
    bench = await startBench();
  }, 30_000);
  afterAll(() => bench.stop());
  const expectFree = async (key: string, timeout = 2_000): Promise<void> =>
    vi.waitFor(async () => expect(await bench.holder(key)).toBeUndefined(), { timeout, interval: 20 });

  test("of 20 who want it at once, one has it", async () => {
    const key = freshKey();
    const processes = await Promise.all(Array.from({ length: 4 }, () => bench.connect()));
    const leases = await Promise.all(
      Array.from({ length: 20 }, (_, i) => processes[i % processes.length]!(key, long)),
    );
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  test("leases of different keys are apart", async () => {
    const acquire = await bench.connect();
    expect(await acquire(freshKey(), long)).toBeDefined();
    expect(await acquire(freshKey(), long)).toBeDefined();
  });

  test("what is given back is free at once; giving it back again is harmless", async () => {
    const key = freshKey();
    const [one, other] = [await bench.connect(), await bench.connect()];
    const lease = await one(key, long);
    expect(await other(key, long)).toBeUndefined();
    await lease?.release();
    const next = await other(key, long);
    expect(next).toBeDefined();
    await lease?.release();
    expect(await one(key, long)).toBeUndefined();
  });

  test("it ends by itself, not before its time; a late holder takes nothing from the next one", async () => {
    const key = freshKey();
    const [one, other] = [await bench.connect(), await bench.connect()];
    const start = performance.now();
    // The fraction of a millisecond is rounded up.
    const late = await one(key, 299.5);
    const next = await vi.waitFor(
      async () => {
        const lease = await other(key, long);
        expect(lease).toBeDefined();
        return lease;
      },
      { timeout: 5_000, interval: 10 },
    );
    // A timer may be early by a millisecond or two.
    expect(performance.now() - start).toBeGreaterThan(290);
    const holder = await bench.holder(key);
    await late?.release();
    expect(await bench.holder(key)).toBe(holder);
    await next?.release();
    await expectFree(key);
  }, 10_000);

  test("while the store hangs nothing is decided; a lease that comes late can be given back", async () => {
    const key = freshKey();
    const acquire = await bench.connect();
    await acquire(freshKey(), long);
    bench.pause();
    const acquired = acquire(key, long);
    expect(await outcomeOf(acquired)).toBe("pending");
    bench.resume();
    const lease = await acquired;
    expect(await bench.holder(key)).toBeDefined();
    await lease?.release();
    expect(await bench.holder(key)).toBeUndefined();
  });

  test("whoever stopped waiting while the store hung leaves nothing there", async () => {
    const key = freshKey();
    const acquire = await bench.connect();
    await acquire(freshKey(), long);
    const reason = new Error("too late");
    const controller = new AbortController();
    bench.pause();
    const acquired = acquire(key, long, { signal: controller.signal });
    expect(await outcomeOf(acquired)).toBe("pending");
    controller.abort(reason);
    bench.resume();
    await expect(acquired).rejects.toBe(reason);
    await expectFree(key);
  });

  test("a client that gave up its command while the store hung leaves nothing there", async () => {
    const key = freshKey();
    const acquire = await bench.connectImpatient();
    await (await acquire(freshKey(), long))?.release();
    bench.pause();
    await expect(acquire(key, long)).rejects.toBeInstanceOf(Error);
    bench.resume();
    await vi.waitFor(async () => expect(await acquire(freshKey(), long)).toBeDefined(), { timeout: 2_000 });
    await expectFree(key, 8_000);
  }, 15_000);

  test("while the store is gone nobody has it, and all can have it when the store is back", async () => {
    const key = freshKey();
    const acquire = await bench.connect();
    await (await acquire(freshKey(), long))?.release();
    const controller = new AbortController();
    await bench.crash();
    const acquired = acquire(key, long, { signal: controller.signal });
    expect(["pending", "rejected"]).toContain(await outcomeOf(acquired));
    controller.abort(new Error("too late"));
    await bench.restart();
    await expect(acquired).rejects.toBeInstanceOf(Error);
    await expectFree(key);
    await vi.waitFor(async () => expect(await acquire(key, long)).toBeDefined(), { timeout: 5_000 });
  }, 15_000);
}
