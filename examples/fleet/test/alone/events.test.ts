import { expect, test } from "vitest";
import { describeWithOwnRedis } from "../../../../test/support/redis.ts";
import { runUndisturbed, verdictsIn } from "../run-fleet.ts";

/** Events of one run. Whether processes share Redis again, a revocation shows: it costs one token request. */
const runs = ["redis-paused token-revoked", "redis-killed", "holder-killed", "server-down", ""] as const;

describeWithOwnRedis("a fleet", () => {
  test.concurrent.for(runs)("keeps all promises: %s", { timeout: 180_000 }, async (names) => {
    const events = names.split(" ").filter((name) => name !== "");
    const seconds = events.length === 0 ? "5" : "1";
    const chosen = events.flatMap((event) => ["--event", event]);
    const { code, output } = await runUndisturbed(["--workers", "3", "--seconds", seconds, ...chosen]);
    expect(output).toContain("\nAll promises were kept.\n");
    expect(verdictsIn(output)).toEqual(["cold-start", "steady", ...events].map((title) => `kept ${title}`));
    expect(code).toBe(0);
    // No colours, no token, and no warning of the authorization server.
    // oxlint-disable-next-line no-control-regex
    expect(output).not.toMatch(/\u001b|eyJ|warning|notice/i);
  });
});
