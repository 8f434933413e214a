import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { fleetCommands, places } from "./fleet-commands.ts";
import { createFleetWorld, type FleetWorld } from "./fleet-world.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** All goes well again: every call ends, every process is served, and one token request is enough for all. */
async function recover(world: FleetWorld): Promise<void> {
  const { ledger, server, members } = world;
  const { clock, must } = ledger;
  world.setStore("ok");
  server.mood = "ok";
  server.expiresIn = 3600;
  for (const member of members) Object.assign(member, { cutOff: false, skew: 0 });
  await clock.advance(90_000);
  must(world.open.size === 0 && !server.isBusy(), "every call and every token request ends");
  for (let time = 0; time < 10; time++) {
    for (let one = 0; one < places; one++) world.callApi(one);
    await clock.advance(1000);
  }
  world.store.entries.clear();
  const before = server.requests;
  for (let one = 0; one < places; one++) world.kill(one);
  for (let one = 0; one < places; one++) world.callApi(one);
  await clock.advance(1000);
  for (let one = 0; one < places; one++) {
    world.peekToken(one);
    must(world.members[one]?.seen.size === 1, "every process is served", `${one}`);
  }
  must(server.requests === before + 1, "one token request for all", `${server.requests - before}`);
}

const seed = Number(process.env["MODEL_SEED"] ?? 20_261_123);

test(
  `calls, faults, deletions, deaths and clocks in any order break no promise of a fleet (seed ${seed})`,
  { timeout: 60_000 },
  async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): unknown => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const chance = fc.infiniteStream(fc.nat({ max: 999 }));
    await fc.assert(
      fc.asyncProperty(
        fc.commands(fleetCommands, { maxCommands: 100, size: "max" }),
        chance,
        async (sequence, next) => {
          vi.spyOn(Math, "random").mockImplementation(() => (next.next().value ?? 0) / 1000);
          const world = createFleetWorld(places);
          await fc.asyncModelRun(() => ({ model: {}, real: world }), sequence);
          await recover(world);
          expect(world.ledger.violations).toEqual([]);
          expect(unhandled).toEqual([]);
        },
      ),
      { numRuns: Number(process.env["MODEL_RUNS"] ?? 120), seed },
    );
    process.off("unhandledRejection", note);
  },
);
