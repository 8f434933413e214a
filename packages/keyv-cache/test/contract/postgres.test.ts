import { beforeAll } from "vitest";
import { describeWithPostgres } from "../../../../test/support/describe-stores.ts";
import { loadRecipe, majors } from "../recipes/recipe.ts";
import { testContract } from "./recipe-contract.ts";

describeWithPostgres("over Postgres", (start) => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start();
    return () => server.stop();
  });

  for (const { name, keyv } of majors) {
    testContract(`the recipe with ${name}`, () =>
      loadRecipe("postgres", { url: server.url, keyv, patient: true }),
    );
  }
});
