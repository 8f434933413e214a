import { isTokenError } from "../errors.ts";
import type { SharedOutcome } from "../options/shared-tokens.ts";
import { isLate, type HeldToken } from "../policy/held-token.ts";
import { isOlder } from "./adoption.ts";
import { describeFailure } from "./failures.ts";
import { lastFailure } from "./memory.ts";
import type { Turn } from "./turn.ts";

/** A token from the token endpoint, unless another process has shared a newer one meanwhile. */
export async function ask(turn: Turn): Promise<SharedOutcome> {
  const { records, subject, flight } = turn;
  const { clock } = subject.client;
  const memory = turn.memoryOf(subject);
  const stored = memory.stored;
  try {
    const first = await flight.ask();
    memory.rowEnded = true;
    const found = turn.blind ? undefined : await records.read(subject).catch(() => undefined);
    if (found?.deleted === true) subject.held = undefined;
    const latest = found?.token;
    const isNews = latest !== undefined && latest.token.accessToken !== stored;
    if (isNews && isOlder(first, latest) && !isLate(latest, clock)) {
      // Asked for and shared meanwhile, perhaps in place of a deletion that meant this one too.
      return { held: latest, from: "shared-cache", settle: async () => turn.release?.() };
    }
    // It may have been issued before the deletion, and then it was meant too.
    const held = found?.deleted === true ? await flight.ask() : first;
    return {
      held,
      from: "token-endpoint",
      async settle(landed) {
        const { tombstone } = memory;
        if (landed && (found !== undefined || !(await mayBeDeleted(turn, held)))) {
          await records.writeToken(subject, held, tombstone).catch(() => {});
        }
        await turn.release?.();
      },
    };
  } catch (error) {
    // First the word, then the turn.
    subject.inBackground(tellOthers(turn, error).then(turn.release));
    throw error;
  }
}

/** Whoever had no look before has one now: a deletion that came meanwhile is not written over. */
async function mayBeDeleted({ records, subject, blind }: Turn, held: HeldToken): Promise<boolean> {
  const found = await records.read(subject, { inBackground: true }).catch(() => undefined);
  // What could not be read before either is no deletion of ours, and to be written over.
  if (found === undefined) return !blind;
  if (!found.deleted) return false;
  if (subject.held === held) subject.held = undefined;
  return true;
}

async function tellOthers({ records, subject, flight, ...turn }: Turn, error: unknown): Promise<void> {
  if (flight.abandoned || !isTokenError(error)) return;
  const { clock } = subject.client;
  const previous = lastFailure(turn.memoryOf(subject), clock.monotonic());
  const failure = describeFailure(error, turn.writer(), previous);
  if (failure === undefined) return;
  // The others and this process agree on when to ask again. One that got no answer rests longer: the next is not it.
  if (failure.status !== null) {
    Object.assign(error, { retryAt: Math.ceil(clock.now() + failure.period) });
  }
  await records.writeFailure(subject, failure).catch(() => {});
}
