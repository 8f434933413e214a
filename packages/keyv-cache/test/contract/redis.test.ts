import { describeWithRedis } from "../../../../test/support/redis.ts";
import { loadRecipe, majors } from "../recipes/recipe.ts";
import { testContract } from "./recipe-contract.ts";

describeWithRedis("over Redis", (url) => {
  for (const { name, keyv } of majors) {
    testContract(`the recipe with ${name}`, () => loadRecipe("redis", { url, keyv, patient: true }));
  }

  testContract("the home-made cache", () => loadRecipe("own-cache", { url }));
});
