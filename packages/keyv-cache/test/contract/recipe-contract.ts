import { tokenCacheContract, type TokenCacheContractOptions } from "@client-token/core/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { loadRecipe, majors, type Recipe, type RecipeName } from "../recipes/recipe.ts";

/** Tests that the cache of a recipe keeps the contract, over one connection. */
export function testContract(
  name: string,
  open: () => Promise<Recipe>,
  options: TokenCacheContractOptions = {},
): void {
  describe.concurrent(`${name} keeps the contract: it`, { timeout: 20_000 }, () => {
    let recipe: Recipe;
    beforeAll(async () => {
      recipe = await open();
      return async () => recipe.close();
    });

    test.each(tokenCacheContract(() => recipe.cache, options))("$name", async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  });
}

/** The same of a recipe with each major of Keyv, over a server of its own. */
export function testRecipe(
  recipe: RecipeName,
  start: () => Promise<{ readonly url: string; readonly stop: () => Promise<void> }>,
): void {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start();
    return () => server.stop();
  });

  for (const { name, keyv } of majors) {
    testContract(`the recipe with ${name}`, () =>
      loadRecipe(recipe, { url: server.url, keyv, patient: true }),
    );
  }
}
