// A memcached for one suite.

import { findProgram } from "./server-process.ts";
import { startTextServer, type TextServer } from "./text-server.ts";

/** How to get a memcached. */
export const memcachedHint = "install memcached (apt install memcached, brew install memcached)";

/** A memcached of our own. Start another one on the same `port` to have it come back, empty. */
export type MemcachedServer = TextServer;

/** What `startMemcachedServer` runs. */
export function findMemcachedServer(): string | undefined {
  return findProgram(["memcached"]);
}

/**
 * Starts a memcached, on a free port unless one is given. The URL is `memcached://127.0.0.1:…`.
 * @throws if there is no program for it, or it does not answer within 5 s
 */
export async function startMemcachedServer(
  options: { readonly port?: number } = {},
): Promise<MemcachedServer> {
  const program = findMemcachedServer();
  if (program === undefined) throw new Error("memcached is not on PATH.");
  return startTextServer(
    {
      program,
      args: (port) => ["-l", "127.0.0.1", "-p", String(port), "-U", "0", "-m", "16"],
      scheme: "memcached",
      question: "stats",
      proof: (pid) => `STAT pid ${pid}\r`,
      unprivileged: true,
    },
    options.port,
  );
}
