import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { tally } from "../../packages/core/test/support/calls.ts";
import { figuresOf } from "../fleet/support/figures.ts";
import { underLoad } from "../fleet/support/load.ts";
import { moment } from "../fleet/support/moment.ts";
import { topologies } from "./support/topologies.ts";
import { describeTopologyFleet } from "./support/topology-fleet.ts";

/** What one call of the cache may take, in milliseconds. */
const deadline = 500;
/** What the loss may add to a wait, in milliseconds. */
const delay = 700;

describeTopologyFleet("20 processes that lose the master of their token", (open) => {
  describe.each(topologies)("over $name", (kind) => {
    test.each(["killed", "hangs"] as const)(
      "%s: at most one token request per process, and one for all again when the replica has replaced it",
      async (fate) => {
        // Usable for 10 s, due at 8–9 s.
        const settings = () => ({ deadline });
        await using world = await open(kind, { answerTime: 100, lifetime: 20, settings });
        const { topology } = world;
        await world.order("burst", 1);
        const [token = ""] = await topology.keys("tokens::");
        const master = await topology.masterOf(token);
        let loss = Infinity;
        let outage = Infinity;
        const calls = await underLoad(world, async () => {
          await sleep(world.asked[0]!.at + 7_500 - moment());
          loss = moment();
          await (fate === "killed" ? master.stop() : master.pause());
          // Sentinels run on the machines of the servers that they watch.
          if (fate === "hangs") topology.guards[0]?.pause();
          await topology.masterOf(token);
          outage = moment() - loss;
          // The next renewal falls into the outage; two more come after it.
          await sleep(21_000 - outage);
        });
        const figures = await figuresOf(world, calls);
        const requests = world.asked.map(({ at, worker }) => ({ after: at - loss, worker }));
        const meanwhile = requests.filter(({ after }) => after > 0 && after < 7_500);
        const later = requests.filter(({ after }) => after >= 7_500);
        console.info(JSON.stringify({ outage, meanwhile: meanwhile.length, later }));

        expect(Object.keys(figures.outcomes)).toEqual(["200"]);
        expect(figures.worstWait).toBeLessThanOrEqual(delay);
        expect(Math.max(...Object.values(tally(meanwhile.map(({ worker }) => worker))))).toBe(1);
        expect(later).toHaveLength(2);
      },
    );
  });
});
