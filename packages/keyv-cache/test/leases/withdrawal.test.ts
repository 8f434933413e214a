import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { leasesIn } from "../../src/leases/lease-store.ts";
import { freshKey } from "./support/promises.ts";

test("a command that a server gets to only after its client gave it up is undone as well", async () => {
  const held = new Set<string>();
  const acquire = leasesIn({
    async take(_, owner) {
      setTimeout(() => held.add(owner), 50);
      throw new Error("no answer");
    },
    drop: async (_, owner) => held.delete(owner),
  });
  await expect(acquire(freshKey(), 60_000)).rejects.toThrow("no answer");
  await vi.waitFor(() => expect(held.size).toBe(1), { timeout: 2_000, interval: 5 });
  await vi.waitFor(() => expect(held.size).toBe(0), { timeout: 2_000 });
});

test("undoing keeps no process alive", async () => {
  const leaseStore = new URL("../../src/leases/lease-store.ts", import.meta.url).href;
  const script = `
    const { leasesIn } = await import(${JSON.stringify(leaseStore)});
    const fail = async () => { throw new Error("no connection"); };
    await leasesIn({ take: fail, drop: fail })("key", 60_000).catch(({ message }) => process.stdout.write(message));`;
  // All tries together take longer.
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    timeout: 5_000,
  });
  expect(stdout).toBe("no connection");
}, 10_000);
