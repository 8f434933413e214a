import { startRedisCluster } from "../../support/redis-cluster.ts";
import { startRedisSentinel } from "../../support/redis-sentinel.ts";
import type { TopologyKind } from "./topology-fleet.ts";

/** Every topology that docs/redis-topologies.md has a recipe for. */
export const topologies: readonly (TopologyKind & { readonly name: string })[] = [
  { name: "a cluster", recipe: "cluster", start: startRedisCluster },
  { name: "sentinels", recipe: "sentinel", start: startRedisSentinel },
];
