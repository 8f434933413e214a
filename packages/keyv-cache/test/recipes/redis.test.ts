import { setTimeout } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { describeWithOwnRedis } from "../../../../test/support/redis.ts";
import { breakable, expectToOutlive, testOutages } from "./outages.ts";
import { loadRecipe } from "./recipe.ts";
import { send, testRedisFamily } from "./redis-family.ts";
import { expectSharing, startService } from "./service.ts";

describeWithOwnRedis("Redis", (start) => {
  testOutages(
    "redis",
    () => breakable(start),
    (open) => testRedisFamily(start, open),
  );

  test.concurrent("the recipe is told why it is not let in", { timeout: 30_000 }, async () => {
    await using server = await start();
    await send(server, ["ACL", "SETUSER", "invoices", "on", ">right"]);
    const url = server.url.replace("//", "//invoices:wrong@");
    const changes = { "{ lease:": "{ deadline: 5_000, lease:" };
    await using service = startService(await loadRecipe("redis", { url, changes }));
    const failures = async (): Promise<readonly string[]> => {
      await service.call();
      return service.failures();
    };
    const told = [...(await failures()), ...(await failures())];
    expect(told).not.toEqual([]);
    for (const failure of told) expect(failure).toContain("WRONGPASS");
  });

  test.concurrent(
    "the recipe listens to its client as often as before when its server has hung",
    { timeout: 30_000 },
    async () => {
      await using server = await start();
      const recipe = await loadRecipe<{ store: { client: NodeJS.EventEmitter & { isReady: boolean } } }>(
        "redis",
        { url: server.url, changes: { "const store": "export const store" } },
      );
      await using service = startService(recipe);
      await expectSharing(service);
      const { client } = recipe.store;
      const before = client.listenerCount("error");
      for (let hangs = 0; hangs < 2; hangs++) {
        server.pause();
        await vi.waitFor(() => expect(client.isReady).toBe(false), { timeout: 5_000 });
        server.resume();
        await expectSharing(service);
      }
      expect(client.listenerCount("error")).toBe(before);
    },
  );

  test(
    "costs nine commands per token request, two per token found, and one per look",
    { timeout: 30_000 },
    async () => {
      await using server = await start();
      const { url } = server;
      const load = () =>
        loadRecipe("redis", {
          url,
          patient: true,
          changes: { "{ deadline:": "{ lookInterval: 100, deadline:" },
        });
      await using asking = startService(await load());
      await using finding = startService(await load());
      const expectCommands = async (commands: Readonly<Record<string, number>>): Promise<void> => {
        const areSent = async (): Promise<void> => expect(await commandsOf(server)).toEqual(commands);
        await vi.waitFor(areSent, { timeout: 10_000 });
        await send(server, ["CONFIG", "RESETSTAT"]);
      };

      await asking.get("list");
      // The script that gives the lease back is one of the nine; its own get and del come on top.
      await expectCommands({ get: 6 + 1, set: 2, eval: 1, del: 1 });
      expect(await finding.finds("list")).toBe(true);
      await expectCommands({ get: 2 });
      await setTimeout(150);
      expect(await finding.finds("list")).toBe(true);
      await expectCommands({ get: 1 });
    },
  );

  test(
    "the home-made cache serves callers while its server hangs or is away",
    { timeout: 30_000 },
    async () => {
      await using server = await breakable(start);
      await using service = startService(await loadRecipe("own-cache", server));
      await expectToOutlive(server, service);
    },
  );
});

/** How often the commands on keys were carried out. */
async function commandsOf(server: { readonly url: string }): Promise<Record<string, number>> {
  const info = String(await send(server, ["INFO", "commandstats"]));
  const counts: Record<string, number> = {};
  for (const [, command = "", calls] of info.matchAll(/^cmdstat_(get|set|eval|del):calls=(\d+)/gm)) {
    counts[command] = Number(calls);
  }
  return counts;
}
