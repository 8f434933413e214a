import { describe, expect, test } from "vitest";
import { runChild, type Ended } from "../support/child-process.ts";
import { createWorld, type World } from "../support/world.ts";

async function run({ tokenEndpoint, api }: World, part: string): Promise<Ended> {
  const script = new URL("../support/child.ts", import.meta.url);
  const ended = await runChild(script, part, { TOKEN_ENDPOINT: tokenEndpoint, API: api });
  expect(ended.errors).toBe("");
  return ended;
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

  test("while the options of a client are asked for again, and nobody answers", async () => {
    const { code, output, lingered } = await run(await createWorld(), "refresh");
    expect([code, output]).toEqual([0, "asked again"]);
    expect(lingered).toBeLessThan(1000);
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
