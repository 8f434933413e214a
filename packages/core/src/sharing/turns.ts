import type { SharedFlight, SharedOutcome, SharedSubject } from "../options/shared-tokens.ts";
import { ask } from "./asking.ts";
import type { Rules, Turn } from "./turn.ts";
import { waitForOthers } from "./waiting.ts";

/**
 * One token request per key for all who share the cache. Whoever finds neither a token nor a reason to wait takes
 * the lease, looks again, and asks; the others look until a token is there. A store that fails, or a lease that
 * stands too long, ends the taking of turns: this process asks on its own.
 */
export async function takeTurn(
  rules: Rules,
  subject: SharedSubject,
  flight: SharedFlight,
): Promise<SharedOutcome> {
  const turn: Turn = { ...rules, subject, flight, blind: false, release: undefined };
  try {
    const held = await waitForOthers(turn);
    if (held !== undefined) return { held, from: "shared-cache", settle: async () => turn.release?.() };
  } catch (error) {
    if (turn.release !== undefined) subject.inBackground(turn.release());
    throw error;
  }
  return ask(turn);
}
