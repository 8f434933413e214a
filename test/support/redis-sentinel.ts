// A Redis with a replica for one suite, and three sentinels that replace the one by the other.

import { findRedisServer, startRedisServer, type RedisServer } from "./redis-server.ts";
import { ask, createTopology, isInStep, stopAll, untilEach, type RedisTopology } from "./redis-topology.ts";
import { startTextServer } from "./text-server.ts";

/** What the sentinels call the master and its replica; so does docs/redis-topologies.md. */
const sentinelName = "main";

/**
 * Starts the five servers. A master that is silent for 2 s is given up, and the replica takes its place about 1 s
 * later.
 * @throws if the sentinels do not agree within 15 s
 */
export async function startRedisSentinel(): Promise<RedisTopology> {
  const started: RedisServer[] = [];
  const note = async <S extends RedisServer>(server: Promise<S>): Promise<S> => {
    started.push(await server);
    return server;
  };
  try {
    const settings = { "repl-diskless-sync-delay": "0" };
    const master = await note(startRedisServer({ settings }));
    const replicaof = `127.0.0.1 ${master.port}`;
    const replica = await note(startRedisServer({ settings: { ...settings, replicaof } }));
    await untilEach("The replica did not catch up.", [replica], isInStep);
    const sentinels = await Promise.all([1, 2, 3].map(() => note(startSentinel(master))));
    await untilEach("The sentinels do not agree.", sentinels, async (sentinel) => {
      return (await ask(sentinel, "INFO", "sentinel")).includes("slaves=1,sentinels=3");
    });
    return createTopology({
      urls: sentinels.map(({ url }) => url),
      stores: [master, replica],
      guards: sentinels,
      isMaster: async (server) => (await ask(server, "ROLE")).startsWith("master"),
    });
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

/** A sentinel keeps what it learns in its configuration, so there has to be a file. */
const serveFromFile = `: >sentinel.conf && exec "$1" sentinel.conf --sentinel --bind 127.0.0.1 --port "$2"`;

async function startSentinel(master: RedisServer): Promise<RedisServer> {
  const program = findRedisServer();
  if (program === undefined) throw new Error("Neither redis-server nor valkey-server is on PATH.");
  const sentinel = await startTextServer(
    {
      program: "sh",
      args: (port) => ["-c", serveFromFile, "sh", program, String(port)],
      scheme: "redis",
      question: "INFO server",
      proof: (pid) => `process_id:${pid}\r`,
    },
    undefined,
  );
  await ask(sentinel, "SENTINEL", "MONITOR", sentinelName, "127.0.0.1", String(master.port), "2");
  const times = ["down-after-milliseconds", "2000", "failover-timeout", "3000"];
  await ask(sentinel, "SENTINEL", "SET", sentinelName, ...times);
  return sentinel;
}
