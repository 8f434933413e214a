import type { SharedSubject } from "../options/shared-tokens.ts";
import { isLate } from "../policy/held-token.ts";
import { isOlder, watch } from "./adoption.ts";
import type { MemoryOf } from "./memory.ts";
import type { Records } from "./records.ts";

/**
 * Learns what other processes have done with the token that is in use here: deleted it, replaced it, or nothing.
 * An entry that has gone missing (evicted, or the store was emptied) is no deletion: it makes the renewal due.
 */
export async function look(
  records: Records,
  memoryOf: MemoryOf,
  subject: SharedSubject,
  interval: number,
  drop: () => void,
): Promise<void> {
  const { held, client, emit } = subject;
  if (held === undefined) return;
  const { clock, name } = client;
  const { accessToken } = held.token;
  watch(held, interval, clock);
  const wasStored = memoryOf(subject).stored === accessToken;
  const startedAt = clock.monotonic();
  const found = await records.read(subject, { inBackground: true }).catch(() => undefined);
  if (found?.deleted === true) drop();
  if (found === undefined || subject.held !== held || held.rejected) return;
  const { token } = found;
  if (token?.token.accessToken === accessToken) return;
  // What took the place of this process's own entry is newer; otherwise their ages tell.
  if (token !== undefined && !isLate(token, clock) && (wasStored || isOlder(held, token))) {
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
  } else if (wasStored) {
    // Once: the copy is due, and looks no more.
    subject.held = { ...held, lifetime: { ...held.lifetime, due: 0 }, checkAt: 0 };
  }
}
