import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { commands } from "./commands.ts";
import { quiet } from "./model-clock.ts";
import { clients, createWorld, scopes, type World } from "./world.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A row of random numbers that a counterexample repeats: jitter is part of it. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** All goes well again: every call has ended, and every key gets a token. */
async function recover({ ledger, server, ...world }: World): Promise<void> {
  server.mood = "ok";
  server.expiresIn = 3600;
  await ledger.clock.advance(90_000);
  for (const key of ledger.keys.values()) {
    ledger.must(key.callers.open === 0, "every call ends", key.name);
    ledger.must(server.inTheAir(key) === 0, "every token request ends", key.name);
  }
  for (const client of clients) for (const scope of scopes) world.getToken({ client, scope }, false);
  await quiet();
  for (const key of ledger.keys.values())
    ledger.must(key.callers.open === 0, "a well server answers", key.name);
}

test(
  "calls, aborts, expiries, revocations, outages, deletions and rotations in any order break no promise",
  { timeout: 60_000 },
  async () => {
    let steps = 0;
    const unhandled: unknown[] = [];
    const note = (reason: unknown): unknown => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const counted = commands.map((one) =>
      one.map((command) => ({
        check: () => true,
        toString: () => command.toString(),
        run: async (model: object, world: World) => {
          steps++;
          await command.run(model, world);
        },
      })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.commands(counted, { maxCommands: 120, size: "max" }),
        fc.integer(),
        async (sequence, seed) => {
          vi.spyOn(Math, "random").mockImplementation(randomFrom(seed));
          const world = createWorld();
          await fc.asyncModelRun(() => ({ model: {}, real: world }), sequence);
          await quiet();
          world.secret = "given";
          await recover(world);
          expect(world.ledger.violations).toEqual([]);
          expect(unhandled).toEqual([]);
        },
      ),
      // About 60 commands each.
      { numRuns: 400 },
    );
    process.off("unhandledRejection", note);
    expect(steps).toBeGreaterThanOrEqual(10_000);
  },
);
