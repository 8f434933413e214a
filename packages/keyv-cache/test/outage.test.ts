import { keyvTokenCache } from "@client-token/keyv-cache";
import { describe, expect, test, vi } from "vitest";
import { describeWithOwnRedis } from "../../../test/support/redis.ts";
import { cacheFailures, createFleet, type Member } from "./support/fleet.ts";
import { majors, type Major } from "./support/keyvs.ts";
import { connect, openKeyv, plain, recommended } from "./support/redis-keyvs.ts";

const settings = majors.flatMap((major) => [
  { name: major.name, major, store: "the recommended store", open: recommended },
  { name: major.name, major, store: "a plain store", open: plain },
]);

const deadline = 50;
/** The deadline, and what a busy machine may add. */
const bound = 1_000;

async function startMember(url: string, major: Major, open: typeof plain, limit = deadline): Promise<Member> {
  const { join } = await createFleet();
  return join(keyvTokenCache(openKeyv(open(url), major, "tokens"), { deadline: limit }));
}

/** Every token is had in time, and a deletion that nobody else hears of is an error. */
async function failuresInService(member: Member): Promise<string[]> {
  for (const scope of ["one", "two"]) expect(await member.timedToken({ scope })).toBeLessThan(bound);
  const start = performance.now();
  await expect(member.tokens.deleteToken("invoices", { scope: "one" })).rejects.toThrow(
    expect.objectContaining({ code: "ERR_TOKEN_CACHE" }),
  );
  expect(performance.now() - start).toBeLessThan(bound);
  expect(await member.timedToken({ scope: "one" })).toBeLessThan(bound);
  return cacheFailures(member);
}

/** Whether the cache takes part again: connections come back in their own time. */
async function waitForRecovery(member: Member): Promise<void> {
  await vi.waitFor(
    async () => {
      const before = cacheFailures(member).length;
      await member.tokens.getToken("invoices", { scope: crypto.randomUUID() });
      await member.tokens.deleteToken("invoices");
      expect(cacheFailures(member)).toHaveLength(before);
    },
    { timeout: 5_000, interval: 20 },
  );
}

describeWithOwnRedis("calls go on in time", (startRedis) => {
  describe.each(settings)("with $name and $store", ({ major, open }) => {
    test("while Redis is down, from the start", async () => {
      const redis = await startRedis();
      await redis.stop();
      const member = await startMember(redis.url, major, open);
      expect(await failuresInService(member)).not.toEqual([]);
    });

    test("when Redis is killed in the midst; the cache takes part again when it is back", async () => {
      const redis = await startRedis();
      const member = await startMember(redis.url, major, open);
      await waitForRecovery(member);
      await redis.stop();
      expect(await failuresInService(member)).not.toEqual([]);

      await using _ = await startRedis({ port: redis.port });
      await waitForRecovery(member);
    });

    test("while Redis hangs, from the start; the cache takes part when it goes on", async () => {
      await using redis = await startRedis();
      redis.pause();
      const member = await startMember(redis.url, major, open);
      expect(await failuresInService(member)).not.toEqual([]);
      redis.resume();
      await waitForRecovery(member);
    });

    test("when Redis hangs in the midst; what it answers late does no harm", async () => {
      await using redis = await startRedis();
      const member = await startMember(redis.url, major, open);
      await waitForRecovery(member);
      redis.pause();
      expect(await failuresInService(member)).not.toEqual([]);
      redis.resume();
      await waitForRecovery(member);
    });

    test.each([
      ["is read-only", ["REPLICAOF", "127.0.0.1", "1"], "READONLY"],
      ["has no memory left", ["CONFIG", "SET", "maxmemory", "1"], "OOM"],
    ])("while Redis %s, and the failed writes are told", async (_, command, reason) => {
      await using redis = await startRedis();
      // It answers, however busy this machine is.
      const member = await startMember(redis.url, major, open, 5_000);
      await waitForRecovery(member);
      const client = await connect(redis.url);
      await client.sendCommand(command);
      expect(await failuresInService(member)).toContainEqual(expect.stringMatching(`^set: .*${reason}`));
    });
  });

  test.each(majors)("when a cold $name without a queue loses concurrent calls", async (major) => {
    await using redis = await startRedis();
    const member = await startMember(redis.url, major, recommended);
    const scopes = Array.from({ length: 50 }, (_, i) => `scope-${i}`);
    const times = await Promise.all(scopes.map((scope) => member.timedToken({ scope })));
    expect(Math.max(...times)).toBeLessThan(2 * bound);
    await waitForRecovery(member);
  });
});
