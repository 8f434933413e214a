import fc from "fast-check";
import { moods } from "./authorization-server.ts";
import { quiet } from "./model-clock.ts";
import { clients, scopes, type World } from "./world.ts";

export type Command = fc.AsyncCommand<object, World>;

/** One command; its text is what a counterexample shows. */
function command(text: string, run: (world: World) => void | Promise<void>): Command {
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

const subject = fc.record({ client: fc.constantFrom(...clients), scope: fc.constantFrom(...scopes) });
const who = ({ client, scope = "" }: { client: string; scope?: string | undefined }): string =>
  `"${client}", "${scope}"`;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const moments = [1, 50, 400, second, 2 * second, 4900, 5100, 20 * second, minute, 10 * minute, 55 * minute];

/** After what can matter, some turns of the event loop; without, commands meet work that is half done. */
const settle = fc.constant(command("quiet()", quiet));

/** Everything that can happen, in any order. */
export const commands: fc.Arbitrary<Command>[] = [
  subject.map((one) => command(`getToken(${who(one)})`, (world) => world.getToken(one, false))),
  subject.map((one) => command(`getToken(${who(one)})`, (world) => world.getToken(one, false))),
  subject.map((one) => command(`forceRenewal(${who(one)})`, (world) => world.getToken(one, true))),
  subject.map((one) => command(`callApi(${who(one)})`, (world) => world.callApi(one))),
  subject.map((one) => command(`callApi(${who(one)})`, (world) => world.callApi(one))),
  subject.map((one) =>
    command(`peekToken(${who(one)})`, async (world) => {
      await quiet();
      world.peekToken(one);
    }),
  ),
  fc
    .tuple(subject, fc.nat({ max: 2 }))
    .map(([one, back]) =>
      command(`rejectToken(${who(one)}, ${back} back)`, (world) => world.rejectToken(one, back)),
    ),
  subject.map((one) => command(`deleteToken(${who(one)})`, (world) => world.deleteToken(one))),
  fc
    .constantFrom(...clients)
    .map((client) => command(`register("${client}")`, (world) => world.register(client))),
  fc.constant(command("rotate the secret", (world) => world.rotate())),
  fc.constantFrom("given" as const, "given" as const, "failing" as const, "hanging" as const).map((how) =>
    command(`secrets are ${how}`, (world) => {
      world.secret = how;
      for (const key of world.ledger.keys.values()) key.troubled ||= how !== "given";
    }),
  ),
  fc.constantFrom(...moods, "ok" as const, "ok" as const, "ok" as const).map((mood) =>
    command(`token endpoint: ${mood}`, (world) => {
      world.server.mood = mood;
    }),
  ),
  fc.constantFrom(2, 5, 20, 60, 300, 3600).map((seconds) =>
    command(`tokens live ${seconds} s`, (world) => {
      world.server.expiresIn = seconds;
    }),
  ),
  fc.constantFrom(100, 1900, 2100, 9000, 12_000).map((delay) =>
    command(`slow is ${delay} ms`, (world) => {
      world.server.delay = delay;
    }),
  ),
  fc.constant(
    command("revoke all tokens", ({ ledger }) => {
      for (const one of ledger.issued.values()) one.revoked = true;
    }),
  ),
  fc.nat({ max: 20 }).map((nth) =>
    command(`abort call ${nth}`, ({ open, ledger }) => {
      const [controller, { callers } = {}] = [...open][nth % Math.max(1, open.size)] ?? [];
      if (controller === undefined || callers === undefined) return;
      for (const key of ledger.keys.values()) {
        if (key.callers !== callers) continue;
        key.troubled = true;
        if (key.held === undefined || key.held.landed !== undefined) continue;
        key.held = undefined;
        key.unsure = true;
      }
      callers.aborting = true;
      setImmediate(() => {
        callers.aborting = false;
      });
      controller.abort(new Error("aborted"));
    }),
  ),
  fc.constantFrom(...moments, ...moments.slice(0, 8)).map((milliseconds) =>
    command(`advance(${milliseconds})`, async (world) => {
      await world.ledger.clock.advance(milliseconds);
      checkAtRest(world);
    }),
  ),
  fc.constantFrom(-hour, -minute, minute, hour).map((milliseconds) =>
    command(`jump(${milliseconds})`, async ({ ledger }) => {
      await quiet();
      ledger.clock.jump(milliseconds);
      for (const { held } of ledger.keys.values()) {
        if (held !== undefined) held.ended ||= ledger.clock.since(held.sentAt) >= held.lifetime;
      }
    }),
  ),
  settle,
];

/** What holds whenever nothing is half done. */
function checkAtRest({ ledger, server }: World): void {
  for (const key of ledger.keys.values()) {
    const wanted = key.callers.open > 0 || key.held !== undefined || key.unsure;
    ledger.must(wanted || server.inTheAir(key) === 0, "what nobody waits for is called off", key.name);
  }
}
