import type { SharedSubject } from "../options/shared-tokens.ts";
import { isFit, watch } from "./adoption.ts";
import type { Records } from "./records.ts";

/**
 * Learns what other processes have done with the token that is in use here: deleted it, replaced it, or nothing.
 * An entry that has gone missing (evicted, or the store was emptied) is no deletion: it makes the renewal due.
 */
export async function look(
  records: Records,
  subject: SharedSubject,
  interval: number,
  drop: () => void,
): Promise<void> {
  const { held, client, emit } = subject;
  if (held === undefined) return;
  const { clock, name } = client;
  watch(held, interval, clock);
  const startedAt = clock.monotonic();
  const found = await records.read(subject).catch(() => undefined);
  if (found?.deleted === true) drop();
  if (found === undefined || subject.held !== held || held.rejected) return;
  const { token } = found;
  if (token === undefined) {
    // Once: the copy is due, and looks no more.
    if (records.wasStored(subject, held)) {
      subject.held = { ...held, lifetime: { ...held.lifetime, due: 0 }, checkAt: 0 };
    }
  } else if (token.token.expiresAt > held.token.expiresAt && isFit(subject, token)) {
    watch(token, interval, clock);
    subject.held = token;
    emit({
      type: "token-obtained",
      client: name,
      from: "shared-cache",
      reason: "look",
      duration: clock.monotonic() - startedAt,
      expiresAt: token.token.expiresAt,
      context: undefined,
    });
  }
}
