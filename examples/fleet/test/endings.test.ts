import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { describeWithOwnRedis } from "../../../test/support/redis.ts";
import { runFleet, verdictsIn } from "./run-fleet.ts";

/** Processes whose environment holds a word, and their children: Redis overwrites its own. */
async function processesWith(word: string): Promise<{ pid: number; stat: string; command: string }[]> {
  const { stdout } = await promisify(execFile)("ps", ["axeww", "-o", "pid=,ppid=,stat=,args="], {
    maxBuffer: 100_000_000,
  });
  const all = stdout.split("\n").map((line) => {
    const [pid, parent, stat = "", ...command] = line.trim().split(/ +/);
    return { pid: Number(pid), parent: Number(parent), stat, command: command.join(" ") };
  });
  const parents = new Set(all.filter(({ command }) => command.includes(word)).map(({ pid }) => pid));
  return all.filter(({ pid, parent }) => parents.has(pid) || parents.has(parent));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describeWithOwnRedis("a run", () => {
  test.concurrent("a fleet that does not take turns breaks a promise, and the exit code says so", async () => {
    const { code, output } = await runFleet(["--workers", "3", "--seconds", "1", "--without-lease"]).ended;
    expect(verdictsIn(output)[0]).toBe("BROKEN cold-start");
    expect(output).toMatch(/cold-start: \d token requests instead of at most \d/);
    expect(code).toBe(1);
  }, 90_000);

  test.concurrent("Ctrl-C in a terminal ends it in order, too", async () => {
    const terminal =
      "for (const stream of [process.stdout, process.stderr]) Object.assign(stream, { isTTY: true, columns: 80 })";
    const importing = `--import=data:text/javascript,${encodeURIComponent(terminal)}`;
    const args = ["--workers", "2", "--seconds", "60"];
    const { shows, stop, ended } = runFleet(args, { NODE_OPTIONS: importing });
    await shows("token of each process");
    stop();
    const { code, output } = await ended;
    expect(output).toContain("Stopped by SIGINT.");
    expect(code).toBe(1);
  }, 90_000);

  test.concurrent("Ctrl-C ends everything, also a Redis that hangs", async () => {
    const mark = randomUUID();
    const args = ["--workers", "2", "--seconds", "1", "--event", "redis-paused"];
    const { stop, ended } = runFleet(args, { MARK: mark });
    // The fleet, its two processes, Redis, and the shell that holds it with its `cat`.
    const running = await vi.waitUntil(
      async () => {
        const found = await processesWith(mark);
        const hangs = found.some(({ stat, command }) => stat.startsWith("T") && /-server /.test(command));
        return hangs && found.length === 6 && found;
      },
      { timeout: 60_000, interval: 250 },
    );
    stop();
    const { code, output } = await ended;
    expect(output).toContain("Stopped by SIGINT.");
    expect(code).toBe(1);
    expect(running.filter(({ pid }) => isAlive(pid))).toEqual([]);
  }, 90_000);
});

test.concurrent("a machine without Redis is told how to get one", async () => {
  const { code, output } = await runFleet([], { PATH: "/nowhere" }).ended;
  expect(output).toBe(
    "There is neither redis-server nor valkey-server on the PATH: install one (apt install redis-server, brew install redis).\n",
  );
  expect(code).toBe(1);
}, 30_000);
