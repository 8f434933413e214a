/// <reference lib="esnext.disposable" />
// A Redis for a test run, or for one suite that wants to see it fall over.

import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

/** How to get a Redis. */
export const redisHint =
  "install redis-server or valkey-server (apt install redis-server, brew install redis), or set REDIS_URL to a server that tests may write to";

/** A Redis server of our own. Nothing of it outlives this process, however that ends. */
export interface RedisServer {
  /** For example `redis://127.0.0.1:49152`. */
  readonly url: string;
  readonly port: number;
  /** The server hangs: it accepts connections and bytes, and does not answer. */
  pause(): void;
  /** Ends the hanging; what was sent meanwhile is answered now. */
  resume(): void;
  /** The server is gone at once, with its data. Start another one on the same `port` to have it come back. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What `startRedisServer` runs: the first of `redis-server` and `valkey-server` that PATH knows. */
export function findRedisServer(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return ["redis-server", "valkey-server"]
    .flatMap((program) => folders.map((folder) => join(folder, program)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * Starts a Redis that stores nothing on disk, on a free port unless one is given.
 * @throws if there is no program for it, or it does not answer within 5 s
 */
export async function startRedisServer(options: { readonly port?: number } = {}): Promise<RedisServer> {
  const program = findRedisServer();
  if (program === undefined) throw new Error("Neither redis-server nor valkey-server is on PATH.");
  const triesLeft = options.port === undefined ? 2 : 0;
  return start(program, options.port, triesLeft);
}

/**
 * The shell holds the server for as long as this process holds the shell's input: also after a SIGKILL, when no
 * handler runs, the server ends.
 */
const holdUntilInputEnds = `"$@" >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -9 $!; wait`;

async function start(program: string, wanted: number | undefined, triesLeft: number): Promise<RedisServer> {
  const port = wanted ?? (await freePort());
  const settings = { bind: "127.0.0.1", port: String(port), save: "", appendonly: "no" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  // A group of its own: Ctrl-C is for this process, and the server follows it.
  const holder = spawn("sh", ["-c", holdUntilInputEnds, "sh", program, ...args], {
    cwd: tmpdir(),
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  holder.stdin.on("error", () => {});
  const ended = once(holder, "close");
  const pid = await new Promise<number>((resolve) => {
    createInterface(holder.stdout).once("line", (line) => resolve(Number(line)));
  });
  holder.stdout.destroy();
  holder.unref();

  const url = `redis://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    holder.ref();
    holder.stdin.end();
    await ended;
  };
  const server: RedisServer = {
    url,
    port,
    pause: () => void process.kill(pid, "SIGSTOP"),
    resume: () => void process.kill(pid, "SIGCONT"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
  try {
    await untilReady(url, pid);
    return server;
  } catch (error) {
    await stop();
    // Somebody else may have taken the port between our look and the server's.
    if (triesLeft === 0) throw error;
    return start(program, undefined, triesLeft - 1);
  }
}

/** Waits until the server answers. Only our own one will do: another may have the port. */
async function untilReady(url: string, pid: number): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const info = await ask(url, "INFO server");
    if (info?.includes(`process_id:${pid}\r`) === true) return;
    if (info !== undefined) throw new Error(`${url} belongs to another server.`);
    if (performance.now() > deadline) throw new Error(`No Redis answers at ${url}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("This machine gives out no ports.");
  return address.port;
}

/** The beginning of the answer to one inline command; `undefined` if there is none. */
async function ask(url: string, command: string): Promise<string | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), timeout: 1_000 });
  try {
    return await new Promise<string | undefined>((resolve) => {
      socket.once("data", (data) => resolve(data.toString()));
      for (const event of ["error", "close", "timeout"]) socket.once(event, () => resolve(undefined));
      socket.write(`${command}\r\n`);
    });
  } finally {
    socket.destroy();
  }
}
