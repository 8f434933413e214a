import { createClient } from "@redis/client";
import type { RedisServer } from "../../../../../test/support/redis-server.ts";
import type { AcquireLease } from "../../../src/leases/acquire-lease.ts";
import type { LeaseBench } from "./promises.ts";

/** Ways to a server. */
export interface Ways {
  readonly connect: (server: RedisServer) => Promise<AcquireLease>;
  readonly connectImpatient: (server: RedisServer) => Promise<AcquireLease>;
  readonly holder: (server: RedisServer, key: string) => Promise<string | undefined>;
}

/** A bench over a server that forgets everything when it crashes. */
export async function benchOver(
  start: (options?: { readonly port?: number }) => Promise<RedisServer>,
  { connect, connectImpatient, holder }: Ways,
): Promise<LeaseBench> {
  let server = await start();
  return {
    connect: () => connect(server),
    connectImpatient: () => connectImpatient(server),
    holder: (key) => holder(server, key),
    pause: () => server.pause(),
    resume: () => server.resume(),
    crash: () => server.stop(),
    async restart() {
      server = await start({ port: server.port });
    },
    stop: () => server.stop(),
  };
}

/** What a Redis holds as the lease of a cache key. */
export async function holderInRedis(
  { url }: { readonly url: string },
  key: string,
): Promise<string | undefined> {
  const client = createClient({ url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.get(`${key}:lease`)) ?? undefined;
  } finally {
    client.destroy();
  }
}
