import { afterAll, beforeAll } from "vitest";
import { startFleet, type Fleet } from "../../fleet/support/fleet.ts";
import { openWorld, type World, type WorldOptions } from "../../fleet/support/world.ts";
import type { RedisTopology } from "../../support/redis-topology.ts";
import { describeWithOwnRedis } from "../../support/redis.ts";
import { documentedStore } from "./documented-store.ts";

/** A kind of topology, and how to connect to one. */
export interface TopologyKind {
  /** In docs/redis-topologies.md. */
  readonly recipe: string;
  readonly start: () => Promise<RedisTopology>;
}

/** A fleet that shares a topology. */
interface TopologyWorld extends World {
  readonly topology: RedisTopology;
}

type OpenWorld = (kind: TopologyKind, options: WorldOptions) => Promise<TopologyWorld>;

/** A suite whose tests share 20 workers, one test after the other; each has a topology of its own. */
export function describeTopologyFleet(name: string, suite: (open: OpenWorld) => void): void {
  describeWithOwnRedis(name, () => {
    let fleet: Fleet;
    beforeAll(async () => {
      fleet = startFleet(20);
      // Their start takes the whole machine, and servers that get no share in it would be given up by the others.
      await fleet.order("close", undefined);
    });
    afterAll(() => fleet.close());
    suite(async (kind, options) => shareTopology(fleet, kind, options));
  });
}

async function shareTopology(
  fleet: Fleet,
  { recipe, start }: TopologyKind,
  options: WorldOptions,
): Promise<TopologyWorld> {
  const topology = await start();
  try {
    await using store = await documentedStore(recipe, topology.urls);
    const world = await openWorld(fleet, { store: undefined, storeModule: store.url }, options);
    return {
      ...world,
      topology,
      async [Symbol.asyncDispose]() {
        await world[Symbol.asyncDispose]();
        await topology.stop();
      },
    };
  } catch (error) {
    await topology.stop();
    throw error;
  }
}
