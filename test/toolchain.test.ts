import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("the tests run on the Node that package.json pins", () => {
  const { devDependencies } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  ) as { devDependencies: { node: string } };
  expect(process.version).toBe(`v${devDependencies.node}`);
});
