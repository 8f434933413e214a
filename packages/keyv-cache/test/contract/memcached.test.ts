import { beforeAll } from "vitest";
import { describeWithMemcached } from "../../../../test/support/describe-stores.ts";
import { loadRecipe, majors } from "../recipes/recipe.ts";
import { testContract } from "./recipe-contract.ts";

describeWithMemcached("over memcached", (start) => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start();
    return () => server.stop();
  });

  for (const { name, keyv } of majors) {
    testContract(`the recipe with ${name}`, () =>
      loadRecipe("memcached", { url: server.url, keyv, patient: true }),
    );
  }
});
