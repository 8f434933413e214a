// Gives every test run one Redis: the one that REDIS_URL names, else a server started for this run. What other
// stores a machine lacks is said once, at the beginning.

import type { TestProject } from "vitest/node";
import { findRedisServer, redisHint, startRedisServer, type RedisServer } from "./redis-server.ts";
import { stores } from "./stores.ts";

let server: RedisServer | undefined;

export async function setup(project: TestProject): Promise<void> {
  const named = process.env["REDIS_URL"];
  const canStart = findRedisServer() !== undefined;
  if ((named ?? "") === "" && canStart) server = await startRedisServer();
  const url = server?.url ?? (named === "" ? undefined : named);
  project.provide("redis", { url, canStart });
  if (url === undefined) {
    console.warn(`\nTests that need Redis are SKIPPED, there is none. To run them, ${redisHint}.\n`);
  }
  for (const [name, { program, hint }] of Object.entries(stores)) {
    if (program === undefined) console.warn(`Tests that need ${name} are SKIPPED. To run them, ${hint}.`);
  }
}

export async function teardown(): Promise<void> {
  await server?.stop();
}
