/// <reference lib="esnext.disposable" />
// Programs that serve tests, and end with them.

import { spawn } from "node:child_process";
import { accessSync, chownSync, constants, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

/** A program of our own. Nothing of it outlives this process, however that ends. */
export interface ServerProcess {
  readonly pid: number;
  /** Its working directory; gone when it is. */
  readonly folder: string;
  /** It hangs: the kernel accepts connections and bytes for it, and it does not answer. */
  pause(): void;
  /** Ends the hanging; what was sent meanwhile is answered now. */
  resume(): void;
  /** It is gone at once, with its data. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a program is run. */
export interface ServerProcessOptions {
  /** What ends it at once: QUIT for one that would leave something behind, which must not be paused then. */
  readonly signal?: "KILL" | "QUIT";
  /** Not as root, for programs that refuse to. */
  readonly unprivileged?: boolean;
}

/** The first of `programs` that PATH or one of `folders` has. */
export function findProgram(
  programs: readonly string[],
  folders: readonly string[] = [],
): string | undefined {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return programs
    .flatMap((program) => [...path, ...folders].map((folder) => join(folder, program)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * The shell holds the program for as long as this process holds the shell's input: also after a SIGKILL, when no
 * handler runs, the program ends.
 */
const holdUntilInputEnds = `
signal=$1 folder=$PWD; shift
"$@" >/dev/null 2>&1 & echo $!
cat >/dev/null
while kill -s "$signal" $! 2>/dev/null; do sleep 0.02; done
cd / && rm -rf "$folder"`;

/** `nobody` */
const unprivilegedUser = 65_534;

/** Starts a program in a temporary folder of its own. */
export async function startServerProcess(
  program: string,
  args: readonly string[],
  { signal = "KILL", unprivileged = false }: ServerProcessOptions = {},
): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "client-token-"));
  const user = unprivileged && process.getuid?.() === 0 ? unprivilegedUser : undefined;
  if (user !== undefined) chownSync(folder, user, user);
  // A group of its own: Ctrl-C is for this process, and the program follows it.
  const holder = spawn("sh", ["-c", holdUntilInputEnds, "sh", signal, program, ...args], {
    cwd: folder,
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  holder.stdin.on("error", () => {});
  const ended = once(holder, "close");
  const pid = await new Promise<number>((resolve) => {
    createInterface(holder.stdout).once("line", (line) => resolve(Number(line)));
  });
  holder.stdout.destroy();
  holder.unref();

  const stop = async (): Promise<void> => {
    holder.ref();
    holder.stdin.end();
    await ended;
  };
  return {
    pid,
    folder,
    pause() {
      process.kill(pid, "SIGSTOP");
      waitUntilStopped(pid);
    },
    resume: () => void process.kill(pid, "SIGCONT"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** On a busy machine the other threads run on for a while, until the one that has the signal gets its turn. */
function waitUntilStopped(pid: number): void {
  const deadline = performance.now() + 2_000;
  const stat = `/proc/${pid}/stat`;
  while (existsSync(stat) && !/\) [Tt] /.test(readFileSync(stat, "utf8"))) {
    if (performance.now() > deadline) throw new Error(`The process ${pid} does not stop.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}
