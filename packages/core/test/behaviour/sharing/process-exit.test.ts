import { describe, expect, test } from "vitest";
import { runChild } from "../../support/child-process.ts";
import { createWorld } from "../../support/world.ts";

const run = async (part: string): ReturnType<typeof runChild> => {
  const { tokenEndpoint } = await createWorld();
  return runChild(new URL("../../support/sharing-child.ts", import.meta.url), part, {
    TOKEN_ENDPOINT: tokenEndpoint,
  });
};

describe("a process is not kept alive", { timeout: 30_000 }, () => {
  test.each([
    ["a store that hangs", "served"],
    ["a look that hangs", "looking"],
    ["a renewal that waits for the lease", "waiting"],
    ["a store that is left alone", "served"],
  ])("by %s", async (part, word) => {
    const { lingered, ...ended } = await run(part);
    expect(ended).toEqual({ code: 0, output: word, errors: "" });
    expect(lingered).toBeLessThan(3000);
  });
});

describe("a process stays alive", { timeout: 30_000 }, () => {
  test.each([
    ["a caller that waits for the lease", "served"],
    ["a manager that closes", "released"],
  ])("for %s", async (part, word) => {
    const { lingered: _, ...ended } = await run(part);
    expect(ended).toEqual({ code: 0, output: word, errors: "" });
  });
});
