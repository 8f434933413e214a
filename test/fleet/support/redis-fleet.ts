import { afterAll, beforeAll } from "vitest";
import type { RedisServer, startRedisServer } from "../../support/redis-server.ts";
import { describeWithOwnRedis } from "../../support/redis.ts";
import { startFleet, type Fleet } from "./fleet.ts";
import { openWorld, type World, type WorldOptions } from "./world.ts";

/** A fleet that shares one Redis. */
export interface RedisWorld extends World {
  readonly redis: RedisServer;
  /** Starts an empty Redis where the old one was, with these lines in its redis.conf. */
  restartRedis(lines?: Readonly<Record<string, string>>): Promise<void>;
}

type OpenWorld = (options?: WorldOptions) => Promise<RedisWorld>;

/**
 * A suite whose tests share 20 workers, one test after the other.
 *
 * @param skewOf - by how many milliseconds a worker's wall clock is wrong
 */
export function describeFleet(
  name: string,
  suite: (open: OpenWorld) => void,
  skewOf?: (worker: number) => number,
): void {
  describeWithOwnRedis(name, (start) => {
    let fleet: Fleet;
    beforeAll(() => {
      fleet = startFleet(20, skewOf);
    });
    afterAll(() => fleet.close());
    suite(async (options = {}) => shareRedis(fleet, start, options));
  });
}

async function shareRedis(
  fleet: Fleet,
  start: typeof startRedisServer,
  options: WorldOptions,
): Promise<RedisWorld> {
  let redis = await start();
  try {
    const world = await openWorld(fleet, { store: redis.url }, options);
    return {
      ...world,
      get redis() {
        return redis;
      },
      async restartRedis(settings = {}) {
        await redis.stop();
        redis = await start({ port: redis.port, settings });
      },
      async [Symbol.asyncDispose]() {
        try {
          await world[Symbol.asyncDispose]();
        } finally {
          await redis.stop();
        }
      },
    };
  } catch (error) {
    await redis.stop();
    throw error;
  }
}
