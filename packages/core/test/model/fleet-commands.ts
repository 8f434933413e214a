import fc from "fast-check";
import { serverMoods } from "./fleet-server.ts";
import { storeMoods } from "./fleet-store.ts";
import type { FleetWorld } from "./fleet-world.ts";
import { quiet } from "./model-clock.ts";

type FleetCommand = fc.AsyncCommand<object, FleetWorld>;

/** One command; its text is what a counterexample shows. */
function command(text: string, run: (world: FleetWorld) => void | Promise<void>): FleetCommand {
  return {
    check: () => true,
    toString: () => text,
    async run(_, world) {
      await run(world);
      const [first] = world.ledger.violations;
      if (first !== undefined) throw new Error(first);
    },
  };
}

export const places = 3;
const place = fc.nat({ max: places - 1 });
const second = 1000;
const minute = 60 * second;
const moments = [
  1,
  50,
  250,
  600,
  second,
  2 * second,
  4 * second,
  10 * second,
  26 * second,
  minute,
  50 * minute,
];

/** All of them use the token, as busy processes do, every second for some time. */
async function beBusy(world: FleetWorld, seconds: number): Promise<void> {
  const { clock } = world.ledger;
  for (let time = 0; time < seconds; time++) {
    for (let one = 0; one < places; one++) world.callApi(one);
    await clock.advance(second);
  }
  checkAtRest(world);
}

/** What holds whenever nothing is half done. */
function checkAtRest({ ledger, server, store, open }: FleetWorld): void {
  const isAtRest = ledger.isCalm(ledger.clock.monotonic()) && !server.isBusy() && open.size === 0;
  ledger.must(!isAtRest || !store.isLeased(), "no lease is left where nobody asks");
}

/** Everything that can happen, in any order. */
export const fleetCommands: fc.Arbitrary<FleetCommand>[] = [
  place.map((one) => command(`getToken(${one})`, (world) => world.getToken(one, false))),
  place.map((one) => command(`callApi(${one})`, (world) => world.callApi(one))),
  place.map((one) => command(`callApi(${one})`, (world) => world.callApi(one))),
  place.map((one) => command(`forceRenewal(${one})`, (world) => world.getToken(one, true))),
  place.map((one) =>
    command(`peekToken(${one})`, async (world) => {
      await quiet();
      world.peekToken(one);
    }),
  ),
  place.map((one) => command(`deleteToken(${one})`, (world) => world.deleteToken(one))),
  place.map((one) => command(`kill(${one})`, (world) => world.kill(one))),
  place.map((one) =>
    command(`${one} is cut off, or no more`, ({ members }) => {
      const member = members[one];
      if (member !== undefined) member.cutOff = !member.cutOff;
    }),
  ),
  fc.tuple(place, fc.constantFrom(-2 * minute, 0, 2 * minute)).map(([one, skew]) =>
    command(`${one} is ${skew} ms ahead`, async ({ members, ledger }) => {
      await quiet();
      const member = members[one];
      if (member !== undefined) member.skew = skew;
      ledger.skewed ||= skew !== 0;
      ledger.fault();
    }),
  ),
  fc
    .constantFrom(...storeMoods, "ok" as const, "ok" as const, "ok" as const)
    .map((mood) => command(`store: ${mood}`, (world) => world.setStore(mood))),
  fc.constantFrom(...serverMoods, "ok" as const, "ok" as const, "ok" as const).map((mood) =>
    command(`token endpoint: ${mood}`, ({ server }) => {
      server.mood = mood;
    }),
  ),
  fc.constantFrom(8, 60, 3600).map((seconds) =>
    command(`tokens live ${seconds} s`, ({ server }) => {
      server.expiresIn = seconds;
    }),
  ),
  fc.constant(
    command("the store is emptied", ({ store, ledger }) => {
      store.entries.clear();
      store.leases.clear();
      ledger.fault();
    }),
  ),
  fc.constant(command("somebody else takes the lease", (world) => world.plantLease())),
  fc.constant(
    command("revoke all tokens", ({ ledger }) => {
      for (const one of ledger.tokens.values()) one.revoked = true;
    }),
  ),
  fc
    .nat({ max: 20 })
    .map((nth) =>
      command(`abort call ${nth}`, ({ open }) =>
        [...open][nth % Math.max(1, open.size)]?.abort(new Error("aborted")),
      ),
    ),
  fc.constantFrom(...moments).map((milliseconds) =>
    command(`advance(${milliseconds})`, async (world) => {
      await world.ledger.clock.advance(milliseconds);
      checkAtRest(world);
    }),
  ),
  fc
    .constantFrom(3, 10, 30)
    .map((seconds) => command(`busy for ${seconds} s`, (world) => beBusy(world, seconds))),
  fc.constant(command("quiet()", quiet)),
];
