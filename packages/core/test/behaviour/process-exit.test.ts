import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createWorld, type World } from "../support/world.ts";

const script = fileURLToPath(new URL("../support/child.ts", import.meta.url));

/** Runs the script in a process of its own; tells what it printed, and how long it lived on after its last word. */
async function run(
  { tokenEndpoint, api }: World,
  part: string,
): Promise<{ code: number | null; output: string; lingered: number }> {
  const child = spawn(
    process.execPath,
    ["--conditions=@client-token/source", "--no-warnings", script, part],
    {
      env: { TOKEN_ENDPOINT: tokenEndpoint, API: api },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let lastWord = performance.now();
  child.stdout.on("data", () => {
    lastWord = performance.now();
  });
  const exited = once(child, "exit");
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await exited;
  expect(errors).toBe("");
  return { code: child.exitCode, output: output.trim(), lingered: performance.now() - lastWord };
}

describe("nothing keeps the process alive", () => {
  test("after one call", async () => {
    const world = await createWorld();
    const { code, output, lingered } = await run(world, "one-call");
    expect([code, output]).toEqual([0, "200"]);
    expect(lingered).toBeLessThan(1000);
    expect(world.server.requests).toHaveLength(1);
  });

  test("after a renewal in the background that failed and is to be tried again", async () => {
    const world = await createWorld();
    world.server.answerNext(() => Response.json({ access_token: "t", expires_in: 3600 }));
    world.server.answerAlways(() => new Response(null, { status: 503 }));
    const { code, output, lingered } = await run(world, "renewal");
    expect([code, output]).toEqual([0, "renewing"]);
    expect(lingered).toBeLessThan(1000);
    expect(world.server.requests.length).toBeGreaterThan(1);
  });
});

describe("a process stays alive while somebody waits", () => {
  test("for a pause between two tries", async () => {
    const world = await createWorld();
    world.server.answerNext(() => new Response(null, { status: 503, headers: { "retry-after": "0.3" } }));
    const { code, output } = await run(world, "one-call");
    expect([code, output]).toEqual([0, "200"]);
  });

  test("for a time-out", async () => {
    const { code, output } = await run(await createWorld(), "time-out");
    expect([code, output]).toEqual([0, "ERR_TOKEN_REQUEST_TIMEOUT"]);
  });

  test("for a manager to close", async () => {
    const { code, output } = await run(await createWorld(), "close");
    expect([code, output]).toEqual([0, "closed"]);
  });
});
