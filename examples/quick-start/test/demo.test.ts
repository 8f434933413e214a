import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createClient } from "@keyv/redis";
import { expect, test } from "vitest";
import { describeWithRedis } from "../../../test/support/redis.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** Runs the demo as a user does: a process of its own, without a terminal. */
async function runDemo(redisUrl: string | undefined): Promise<{ code: unknown; output: string }> {
  const { REDIS_URL: _, FORCE_COLOR: __, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--conditions=@client-token/source", main],
      { env: redisUrl === undefined ? env : { ...env, REDIS_URL: redisUrl }, timeout: 30_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), output: stdout + stderr });
      },
    );
  });
}

/** The lines of one phase, or of the summary. */
function part(output: string, title: string): string[] {
  const [, text = ""] = output.split(`\n${title}`);
  return (text.split("\n\n")[0] ?? "").split("\n").slice(1);
}

const asked: unknown = expect.stringMatching(/token endpoint +\d+ \(\+1\)/);
const found: unknown = expect.stringMatching(/this process +\d+ /);
const shared: unknown = expect.stringMatching(/shared cache +4 /);

test.concurrent("the demo asks for a token once per client and scope, once after a revocation, once at expiry", async () => {
  const { code, output } = await runDemo(undefined);
  expect(output).toContain("All promises were kept.");
  expect(code).toBe(0);
  expect(part(output, "first calls")).toEqual([
    expect.stringContaining("token from"),
    ...Array.from({ length: 4 }, () => [asked, found, found]).flat(),
  ]);
  expect(part(output, "revocation")).toEqual([asked, found, found]);
  expect(part(output, "expiry").slice(2)).toEqual([asked, found, found]);
  expect(part(output, "Summary")).toEqual([
    "  calls                18, of which 18 were served",
    "  token requests       6",
    "    first calls        4, one for each client and scope",
    "    after revocation   1",
    "    at expiry          1",
    "  tokens found         12 in this process, 0 in the shared cache",
  ]);
  // No colours, no token, and no warning of the authorization server.
  // oxlint-disable-next-line no-control-regex
  expect(output).not.toMatch(/\u001b|eyJ|warning|notice/i);
}, 30_000);

test.concurrent("a Redis that is not there is named, without its password", async () => {
  const { code, output } = await runDemo("redis://:s3cret@127.0.0.1:1");
  expect(code).toBe(1);
  expect(output).toContain("No Redis answers at 127.0.0.1:1: start one, or unset REDIS_URL.");
  expect(output).not.toContain("s3cret");
}, 30_000);

describeWithRedis("over Redis", (url) => {
  test("a second instance finds all tokens in the shared cache", async () => {
    const runs = await Promise.all([runDemo(url), runDemo(url)]);
    for (const { code, output } of runs) {
      expect(output).toContain("All promises were kept.");
      expect(code).toBe(0);
      expect(part(output, "second instance")).toEqual([shared, shared, shared, shared]);
      expect(part(output, "Summary")).toEqual(
        expect.arrayContaining([
          "  token requests       6",
          "  tokens found         12 in this process, 4 in the shared cache",
        ]),
      );
    }
    expect(await demoKeys(url)).toEqual([]);
  }, 30_000);
});

/** What demos have left in Redis. */
async function demoKeys(url: string): Promise<string[]> {
  const redis = createClient({ url });
  await redis.connect();
  try {
    return await redis.keys("client-token-demo-*");
  } finally {
    redis.destroy();
  }
}
