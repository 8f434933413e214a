// Suites that need another store than Redis begin with one of these lines. They start servers of their own, and
// stop what they started. Where there is no program for it a suite is skipped, with the way to get one.

/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests, vitest/valid-title --
   This makes suites out of what others pass; it is none itself. */

import { describe, test } from "vitest";
import { startMemcachedServer } from "./memcached-server.ts";
import { startPostgresServer } from "./postgres-server.ts";
import { startRedisServer, type RedisServer, type RedisServerOptions } from "./redis-server.ts";
import { stores } from "./stores.ts";

/** Starts a Valkey, with the options of `startRedisServer`. */
export type StartValkey = (options?: Omit<RedisServerOptions, "program">) => Promise<RedisServer>;

/** A suite that starts Valkey servers. */
export function describeWithValkey(name: string, suite: (start: StartValkey) => void): void {
  describeWith("Valkey", name, (program) => suite((options) => startRedisServer({ ...options, program })));
}

/**
 * A suite that starts Postgres servers.
 *
 * @example
 * ```ts
 * describeWithPostgres("over Postgres", (start) => {
 *   test("a token is found by another process", async () => {
 *     await using postgres = await start();
 *     const keyv = new Keyv(new KeyvPostgres({ uri: postgres.url }));
 *   });
 * });
 * ```
 */
export function describeWithPostgres(name: string, suite: (start: typeof startPostgresServer) => void): void {
  describeWith("Postgres", name, () => suite(startPostgresServer));
}

/** A suite that starts memcached servers. */
export function describeWithMemcached(
  name: string,
  suite: (start: typeof startMemcachedServer) => void,
): void {
  describeWith("memcached", name, () => suite(startMemcachedServer));
}

function describeWith(store: keyof typeof stores, name: string, suite: (program: string) => void): void {
  const { program, hint } = stores[store];
  describe(name, () => {
    if (program === undefined) test.skip(`No ${store}: ${hint}.`, () => {});
    else suite(program);
  });
}
