// A Postgres for one suite.

import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { startRelay } from "./relay.ts";
import { findProgram, startServerProcess } from "./server-process.ts";

/** How to get a Postgres. */
export const postgresHint = "install PostgreSQL (apt install postgresql, brew install postgresql)";

/**
 * A Postgres server of our own. Nothing of it outlives this process, however that ends. It is many processes, each
 * of a session of its own, so it is the way to it that hangs and breaks.
 */
export interface PostgresServer {
  /** For example `postgres://postgres@127.0.0.1:49152/postgres`. */
  readonly url: string;
  readonly port: number;
  /** The server accepts connections and bytes, and does not answer. */
  pause(): void;
  /** Ends the hanging; what was sent meanwhile is answered now. */
  resume(): void;
  /** All connections break and new ones are refused; the data stays. */
  crash(): Promise<void>;
  /** It is there again after a crash, at the same address. */
  restart(): Promise<void>;
  /** The server is gone, with its data. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Distributions keep the programs of each version apart. */
export function findPostgresServer(): string | undefined {
  const folders = globSync("/usr/lib/postgresql/*/bin").toSorted((a, b) =>
    b.localeCompare(a, "en", { numeric: true }),
  );
  return findProgram(["initdb"], folders);
}

/** Fast, small, and trusting all who reach it. In the `exec`, the server takes the place of the shell. */
const prepareAndServe = `
"$1/initdb" -D data -U postgres -A trust -E UTF8 --no-locale --no-sync &&
exec "$1/postgres" -D data -k "$PWD" -c listen_addresses= -c fsync=off -c full_page_writes=off \\
  -c synchronous_commit=off -c shared_buffers=16MB -c dynamic_shared_memory_type=mmap`;

/**
 * Starts a Postgres, on a free port unless one is given.
 * @throws if there is no program for it, or it is not ready within 20 s
 */
export async function startPostgresServer(options: { readonly port?: number } = {}): Promise<PostgresServer> {
  const initdb = findPostgresServer();
  if (initdb === undefined) throw new Error("There is no initdb, on PATH or in /usr/lib/postgresql.");
  const server = await startServerProcess("sh", ["-c", prepareAndServe, "sh", dirname(initdb)], {
    // Killed outright, it would leave shared memory behind.
    signal: "QUIT",
    unprivileged: true,
  });
  try {
    await untilReady(join(server.folder, "data", "postmaster.pid"));
    const relay = await startRelay(join(server.folder, ".s.PGSQL.5432"), options.port ?? 0);
    const stop = async (): Promise<void> => {
      await relay.close();
      await server.stop();
    };
    return {
      url: `postgres://postgres@127.0.0.1:${relay.port}/postgres`,
      port: relay.port,
      pause: () => relay.pause(),
      resume: () => relay.resume(),
      crash: () => relay.close(),
      restart: () => relay.open(),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The last line of the file is the server's state. */
async function untilReady(pidFile: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!stateIn(pidFile).startsWith("ready")) {
    if (performance.now() > deadline) throw new Error("Postgres was not ready within 20 s.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function stateIn(pidFile: string): string {
  try {
    return readFileSync(pidFile, "utf8").trimEnd().split("\n").at(-1) ?? "";
  } catch {
    return "";
  }
}
