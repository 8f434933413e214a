// One process of a fleet. It does what the test orders over IPC, and ends when the test does.

import type { Command, Commands, Order, Output, Reply } from "./orders.ts";
import { openSession, type Session } from "./session.ts";

const worker = Number(process.argv[2]);
let session: Session | undefined;

function current(): Session {
  if (session === undefined) throw new Error("This worker is not configured.");
  return session;
}

const commands: Commands = {
  async configure(settings) {
    await session?.close();
    session = await openSession(settings, worker);
  },
  burst: async (callers) => current().burst(callers),
  startLoad: async (perSecond) => current().startLoad(perSecond),
  stopLoad: async () => current().stopLoad(),
  deleteToken: async () => current().deleteToken(),
  report: async () => current().report(),
  async close() {
    await session?.close();
    session = undefined;
  },
};

function perform<C extends Command>({ command, input }: Order<C>): Promise<Output<C>> {
  return commands[command](input);
}

function reply(answer: Reply): void {
  // Nobody listens any more when the test has ended, and then this process does.
  process.send?.(answer, undefined, undefined, () => {});
}

process.on("disconnect", () => process.exit());
process.on("message", (order: Order) => {
  perform(order).then(
    (output) => reply({ id: order.id, output }),
    (error: unknown) => reply({ id: order.id, error: error instanceof Error ? (error.stack ?? "") : "" }),
  );
});
