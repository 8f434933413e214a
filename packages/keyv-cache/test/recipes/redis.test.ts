import { setTimeout } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { describeWithOwnRedis } from "../../../../test/support/redis.ts";
import { breakable, expectToOutlive, testOutages } from "./outages.ts";
import { loadRecipe } from "./recipe.ts";
import { send, testRedisFamily } from "./redis-family.ts";
import { startService } from "./service.ts";

describeWithOwnRedis("Redis", (start) => {
  testOutages(
    "redis",
    () => breakable(start),
    (open) => testRedisFamily(start, open),
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
