import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { leasesIn, type LeaseStore } from "../../src/leases/lease-store.ts";
import { freshKey } from "./support/promises.ts";

test("a command that a server gets to only after its client gave it up is undone as well", async () => {
  const held = new Set<string>();
  const acquire = leasesIn(() => ({
    async take(_, owner) {
      setTimeout(() => held.add(owner), 50);
      throw new Error("no answer");
    },
    drop: async (_, owner) => held.delete(owner),
  }));
  await expect(acquire(freshKey(), 60_000)).rejects.toThrow("no answer");
  await vi.waitFor(() => expect(held.size).toBe(1), { timeout: 2_000, interval: 5 });
  await vi.waitFor(() => expect(held.size).toBe(0), { timeout: 2_000 });
});

test("a lease that could not be given back is given back a moment later", async () => {
  const held = new Set<string>();
  let isDown = true;
  const acquire = leasesIn(() => ({
    take: async (_, owner) => held.add(owner).size === 1,
    async drop(_, owner) {
      if (isDown) throw new Error("no connection");
      return held.delete(owner);
    },
  }));
  const lease = await acquire(freshKey(), 60_000);
  await expect(lease?.release()).rejects.toThrow("no connection");
  isDown = false;
  await vi.waitFor(() => expect(held.size).toBe(0), { timeout: 2_000, interval: 5 });
});

describe("the connection of a lease", () => {
  /** The first attempt to undo comes at once, the next one after 250 ms. */
  const firstAttempt = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

  test("is asked for once, whatever becomes of the lease", async () => {
    const commands = {
      take: vi.fn<LeaseStore["take"]>(async () => true),
      drop: vi.fn<LeaseStore["drop"]>(async () => true),
    };
    const connect = vi.fn<() => Promise<LeaseStore>>(async () => commands);
    const acquire = leasesIn(connect);
    await (await acquire(freshKey(), 60_000))?.release();
    expect(connect).toHaveBeenCalledTimes(1);

    commands.drop.mockRejectedValueOnce(new Error("no connection"));
    await expect((await acquire(freshKey(), 60_000))?.release()).rejects.toThrow("no connection");
    await firstAttempt();
    expect(connect).toHaveBeenCalledTimes(2);

    commands.take.mockRejectedValueOnce(new Error("no answer"));
    await expect(acquire(freshKey(), 60_000)).rejects.toThrow("no answer");
    await firstAttempt();
    expect(connect).toHaveBeenCalledTimes(3);
    expect(commands.drop).toHaveBeenCalledTimes(4);
  });

  test("has nothing to undo where there was none", async () => {
    const connect = vi.fn<() => Promise<LeaseStore>>(() => Promise.reject(new Error("refused")));
    await expect(leasesIn(connect)(freshKey(), 60_000)).rejects.toThrow("refused");
    await firstAttempt();
    expect(connect).toHaveBeenCalledOnce();
  });

  test("that comes when nobody waits any more takes nothing", async () => {
    const take = vi.fn<LeaseStore["take"]>();
    const controller = new AbortController();
    const acquired = leasesIn(async () => {
      controller.abort(new Error("too late"));
      return { take, drop: async () => true };
    })(freshKey(), 60_000, controller);
    await expect(acquired).rejects.toThrow("too late");
    expect(take).not.toHaveBeenCalled();
  });
});

test("undoing keeps no process alive", async () => {
  const leaseStore = new URL("../../src/leases/lease-store.ts", import.meta.url).href;
  const script = `
    const { leasesIn } = await import(${JSON.stringify(leaseStore)});
    const fail = async () => { throw new Error("no connection"); };
    await leasesIn(() => ({ take: fail, drop: fail }))("key", 60_000).catch(({ message }) => process.stdout.write(message));`;
  // All tries together take longer.
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    timeout: 5_000,
  });
  expect(stdout).toBe("no connection");
}, 10_000);
