// A Redis for a test run, or for one suite that wants to see it fall over.

import { findProgram } from "./server-process.ts";
import { startTextServer, type TextServer } from "./text-server.ts";

/** How to get a Redis. */
export const redisHint =
  "install redis-server or valkey-server (apt install redis-server, brew install redis), or set REDIS_URL to a server that tests may write to";

/** A Redis server of our own. Start another one on the same `port` to have it come back, empty. */
export type RedisServer = TextServer;

/** How a Redis is started. */
export interface RedisServerOptions {
  /** A free one unless it is given. */
  readonly port?: number;
  /** By default the first of `redis-server` and `valkey-server` that PATH knows. */
  readonly program?: string;
  /** Lines of redis.conf, name and value. `INFO` has to stay free for all. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What `startRedisServer` runs: the first of `redis-server` and `valkey-server` that PATH knows. */
export function findRedisServer(): string | undefined {
  return findProgram(["redis-server", "valkey-server"]);
}

/**
 * Starts a Redis that stores nothing on disk.
 * @throws if there is no program for it, or it does not answer within 5 s
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const program = options.program ?? findRedisServer();
  if (program === undefined) throw new Error("Neither redis-server nor valkey-server is on PATH.");
  const settings = { bind: "127.0.0.1", save: "", appendonly: "no", ...options.settings };
  return startTextServer(
    {
      program,
      args: (port) =>
        Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [`--${name}`, value]),
      scheme: "redis",
      question: "INFO server",
      proof: (pid) => `process_id:${pid}\r`,
    },
    options.port,
  );
}
