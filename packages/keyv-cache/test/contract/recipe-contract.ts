import { tokenCacheContract, type TokenCacheContractOptions } from "@client-token/core/testing";
import { beforeAll, describe, expect, test } from "vitest";
import type { Recipe } from "../recipes/recipe.ts";

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
