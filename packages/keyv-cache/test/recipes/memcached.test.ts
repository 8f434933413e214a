import { KeyvMemcache } from "@keyv/memcache";
import { expect, test, vi } from "vitest";
import { describeWithMemcached } from "../../../../test/support/describe-stores.ts";
import { breakable, testOutages } from "./outages.ts";
import { loadRecipe } from "./recipe.ts";
import { expectSharing, startService } from "./service.ts";

describeWithMemcached("memcached", (start) => {
  testOutages(
    "memcached",
    () => breakable(start),
    (open) => {
      test("asks again for a token that its server has evicted", async () => {
        await using server = await start();
        await using service = await open({ url: server.url, patient: true });
        await service.get("list");
        expect(await service.finds("list")).toBe(true);
        const store = new KeyvMemcache(new URL(server.url).host);
        await store.clear();
        store.client.close();
        await expectSharing(service);
      });
    },
  );

  test("the recipe writes nothing to the console", async () => {
    const log = vi.spyOn(console, "log");
    const server = await start();
    await using service = startService(await loadRecipe("memcached", server));
    await server.stop();
    await service.call();
    expect(service.failures()).not.toEqual([]);
    expect(log).not.toHaveBeenCalled();
  });
});
