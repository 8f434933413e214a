// A Redis Cluster for one suite: three masters with a third of the slots each, and a replica of each.

import { startRedisServer, type RedisServer } from "./redis-server.ts";
import { ask, createTopology, isInStep, stopAll, untilEach, type RedisTopology } from "./redis-topology.ts";
import { startRelay } from "./relay.ts";

const slots = 16_384;
const masterCount = 3;

interface Node extends RedisServer {
  /** Where the nodes talk to each other. */
  readonly bus: number;
}

/**
 * Starts the six servers, of Redis 7 or Valkey. A master that is silent for 2 s is given up, and its replica takes
 * its place about 1 s later.
 * @throws if the cluster does not come about within 15 s for each step
 */
export async function startRedisCluster(): Promise<RedisTopology> {
  const nodes = await Promise.all(Array.from({ length: 2 * masterCount }, startNode));
  try {
    await form(nodes);
  } catch (error) {
    await stopAll(nodes);
    throw error;
  }
  return createTopology({
    urls: nodes.map(({ url }) => url),
    stores: nodes,
    guards: [],
    // All others answer MOVED, which is an error.
    isMaster: async (node, key) => (await ask(node, "EXISTS", key)) !== "",
  });
}

async function startNode(): Promise<Node> {
  const bus = await freePort();
  const server = await startRedisServer({
    settings: {
      "cluster-enabled": "yes",
      // By default it is the port and 10 000, which may be more than there are.
      "cluster-port": String(bus),
      "cluster-node-timeout": "2000",
      "cluster-replica-validity-factor": "0",
      "repl-diskless-sync-delay": "0",
    },
  });
  return { ...server, bus };
}

async function freePort(): Promise<number> {
  const relay = await startRelay("", 0);
  await relay.close();
  return relay.port;
}

async function form(nodes: readonly Node[]): Promise<void> {
  const masters = nodes.slice(0, masterCount);
  const replicas = nodes.slice(masterCount);
  const tells = (line: string) => async (node: Node) => (await ask(node, "CLUSTER", "INFO")).includes(line);
  const borderOf = (index: number): number => Math.floor((slots * index) / masterCount);

  for (const [index, master] of masters.entries()) {
    const [first, last] = [borderOf(index), borderOf(index + 1) - 1];
    await ask(master, "CLUSTER", "ADDSLOTSRANGE", String(first), String(last));
    await ask(master, "CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
  }
  for (const { port, bus } of nodes.slice(1)) {
    await ask(nodes[0]!, "CLUSTER", "MEET", "127.0.0.1", String(port), String(bus));
  }
  await untilEach("The nodes did not meet.", nodes, tells(`cluster_known_nodes:${nodes.length}\r`));

  for (const [index, master] of masters.entries()) {
    const id = await ask(master, "CLUSTER", "MYID");
    // Who has just met the others may not know this one yet.
    await untilEach("A replica knows no master.", [replicas[index]!], async (replica) => {
      return (await ask(replica, "CLUSTER", "REPLICATE", id)) === "OK";
    });
  }
  await untilEach("The cluster did not come up.", nodes, tells("cluster_state:ok\r"));
  await untilEach("A replica did not catch up.", replicas, isInStep);
}
