import { execFile } from "node:child_process";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { describeWithOwnRedis, describeWithRedis } from "./support/redis.ts";

/** The answer of a Redis to PING within `patience` milliseconds. */
async function ping(url: string, patience = 2_000): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const end = (answer: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end("nothing"), patience);
    socket.once("data", (data) => end(data.toString().trim()));
    socket.once("error", () => end("nobody there"));
    socket.write("PING\r\n");
  });
}

async function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), output: stdout + stderr });
    });
  });
}

describeWithRedis("a suite that needs a Redis", (url) => {
  test("has one that answers", async () => {
    expect(await ping(url)).toMatch(/^(\+PONG|-NOAUTH)/);
  });
});

describeWithOwnRedis("a Redis of one's own", (start) => {
  test("can hang, recover, vanish and come back at the same address", async () => {
    await using redis = await start();
    expect(await ping(redis.url)).toBe("+PONG");
    redis.pause();
    expect(await ping(redis.url, 50)).toBe("nothing");
    redis.resume();
    expect(await ping(redis.url)).toBe("+PONG");
    await redis.stop();
    expect(await ping(redis.url)).toBe("nobody there");
    await using again = await start({ port: redis.port });
    expect(again.url).toBe(redis.url);
    expect(await ping(redis.url)).toBe("+PONG");
  });

  test("ends when the process that started it is killed, even while it hangs", async () => {
    const module = new URL("support/redis-server.ts", import.meta.url).href;
    const script = `
      const { startRedisServer } = await import(${JSON.stringify(module)});
      const redis = await startRedisServer();
      redis.pause();
      process.stdout.write(redis.url, () => process.kill(process.pid, "SIGKILL"));`;
    const { code, output } = await run(["--input-type=module", "-e", script], process.env);
    expect(code).toBe("SIGKILL");
    await expect.poll(() => ping(output), { timeout: 5_000 }).toBe("nobody there");
  }, 30_000);
});

describe("on a machine without a Redis", () => {
  const { REDIS_URL: _, CLIENT_TOKEN_REQUIRE_REDIS: __, ...env } = process.env;
  const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
  const args = [vitest, "run", "--project=repo", "redis-support", "-t", "a suite that needs a Redis"];

  test.concurrent("such a suite is skipped, and the output says how to get one", async () => {
    const { code, output } = await run(args, { ...env, PATH: "" });
    expect(output).toMatch(/SKIPPED.*redis-server.*REDIS_URL/);
    expect(code).toBe(0);
  }, 30_000);

  test.concurrent("CLIENT_TOKEN_REQUIRE_REDIS=1 makes it fail", async () => {
    const { code, output } = await run(args, { ...env, PATH: "", CLIENT_TOKEN_REQUIRE_REDIS: "1" });
    expect(output).toMatch(/CLIENT_TOKEN_REQUIRE_REDIS=1 forbids/);
    expect(code).toBe(1);
  }, 30_000);
});
