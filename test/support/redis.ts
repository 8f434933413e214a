// Suites that need a Redis begin with one of these lines. Where there is none they are skipped, with the way to
// get one; CLIENT_TOKEN_REQUIRE_REDIS=1 makes that a failure.

/* oxlint-disable vitest/expect-expect, vitest/no-conditional-tests, vitest/valid-describe-callback, vitest/valid-title --
   This makes suites out of what others pass; it is none itself. */

import { describe, inject, test } from "vitest";
import { redisHint, startRedisServer } from "./redis-server.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** What test/support/global-setup.ts found. */
    readonly redis: {
      /** A Redis for the whole run. */
      readonly url: string | undefined;
      /** Suites can start servers of their own. */
      readonly canStart: boolean;
    };
  }
}

/**
 * A suite that needs a Redis. All suites share it, also with other runs: begin keys with something random, and
 * neither flush it nor count its keys.
 *
 * @example
 * ```ts
 * describeWithRedis("over Redis", (url) => {
 *   test("a token is found by another process", async () => {
 *     const keyv = new Keyv(new KeyvRedis(url), { namespace: randomUUID() });
 *   });
 * });
 * ```
 */
export function describeWithRedis(name: string, suite: (url: string) => void): void {
  const { url } = inject("redis");
  if (url === undefined) describeMissing(name, `No Redis: ${redisHint}.`);
  else describe(name, () => suite(url));
}

/**
 * A suite that starts, stops and pauses servers of its own; each test stops what it started.
 *
 * @example
 * ```ts
 * describeWithOwnRedis("a Redis that hangs", (start) => {
 *   test("costs a bounded delay", async () => {
 *     await using redis = await start();
 *     redis.pause();
 *   });
 * });
 * ```
 */
export function describeWithOwnRedis(name: string, suite: (start: typeof startRedisServer) => void): void {
  if (inject("redis").canStart) describe(name, () => suite(startRedisServer));
  else describeMissing(name, "No program to start a Redis with: install redis-server or valkey-server.");
}

function describeMissing(name: string, problem: string): void {
  const required = process.env["CLIENT_TOKEN_REQUIRE_REDIS"] === "1";
  describe(name, () => {
    test.skipIf(!required)(problem, () => {
      throw new Error(`${problem} CLIENT_TOKEN_REQUIRE_REDIS=1 forbids to skip this.`);
    });
  });
}
