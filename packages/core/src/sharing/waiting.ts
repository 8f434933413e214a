import { rest } from "../clock.ts";
import type { SharedSubject } from "../options/shared-tokens.ts";
import { leasePause, renewalLookPause } from "../policy/back-off.ts";
import { isLate, since, type HeldToken } from "../policy/held-token.ts";
import { isFit } from "./adoption.ts";
import { describeSilence, sharedError } from "./failures.ts";
import type { StandingFailure } from "./memory.ts";
import type { Turn } from "./turn.ts";

/** A lease may end a little later than asked for: it began after the wait for it did. In milliseconds. */
const lateness = 500;
/** How long to wait for the holder of a lease that has stood too long before, in milliseconds. */
const stuckPatience = 2000;
/** How soon a pause in the background takes note of a caller, in milliseconds. */
const attention = 100;

/** Another process's token; `undefined` when it is this one's turn to ask. */
export async function waitForOthers(turn: Turn): Promise<HeldToken | undefined> {
  const { records, leases, subject, flight } = turn;
  const { client } = subject;
  const { clock } = client;
  const { signal } = flight.controller;
  const memory = turn.memoryOf(subject);
  const leaseTime = turn.leaseTime(client.timeout);
  const patience = memory.leaseStuck ? stuckPatience : leaseTime + lateness;
  const startedAt = clock.monotonic();
  let giveUpAt = startedAt + patience;
  const before = memory.failure;
  let extended = false;
  for (let round = 0; ; round++) {
    const reading = records.read(subject, { withFailure: true, inBackground: flight.waiting === 0 });
    const found = await reading.catch(() => undefined);
    // Whoever asks now asks after the deletion; the token from before is not used any more.
    if (found?.deleted === true) subject.held = undefined;
    signal.throwIfAborted();
    turn.blind = found === undefined;
    if (found === undefined || flight.forced) return undefined;
    const { token, failure } = found;
    if (token !== undefined && isFit(subject, token)) {
      if (isLate(token, clock)) flight.serveLate(token);
      memory.rowEnded = true;
      return token;
    }
    const mayAsk = !isSpared(subject, failure);
    if (turn.release !== undefined) return undefined;
    if (mayAsk) {
      const lease = await leases.acquire(subject, leaseTime);
      if (typeof lease === "function") {
        turn.release = lease;
        // Nobody holds it for so long but the dead. The others wait on, now for this process.
        if (clock.monotonic() - startedAt >= client.timeout) {
          subject.inBackground(records.writeFailure(subject, describeSilence()).catch(() => {}));
        }
      }
      signal.throwIfAborted();
      if (lease === "none") return undefined;
      if (lease !== "taken") continue;
    }
    if (!extended && memory.failure !== before) {
      // Another process has had its turn since, and the lease is another, too.
      giveUpAt = clock.monotonic() + patience;
      extended = true;
    }
    if (clock.monotonic() >= giveUpAt) {
      // Its holder is not one of us, or does not keep to its time.
      leases.giveUp(subject);
      return undefined;
    }
    await restBetweenLooks(turn, round);
    signal.throwIfAborted();
    // Callers are served to the end; what nobody waits for ends with the manager.
    if (flight.waiting === 0) subject.assertOpen(client.name);
  }
}

/**
 * Whether the token endpoint is left alone, because another process failed there. Callers get a failure that is
 * certain; one process without an answer may be alone in that.
 */
function isSpared({ client }: SharedSubject, standing: StandingFailure | undefined): boolean {
  if (standing === undefined) return false;
  const { failure, until } = standing;
  if (!failure.confirmed) return true;
  const { clock } = client;
  const retryAt = Math.ceil(clock.now() + until - clock.monotonic());
  throw Object.assign(sharedError(failure, client), { retryAt });
}

/** Whoever begins to wait meanwhile is not kept waiting for the whole of a pause that was meant for nobody. */
async function restBetweenLooks({ subject, flight }: Turn, round: number): Promise<void> {
  const { held, client } = subject;
  const { clock } = client;
  if (flight.waiting > 0 || held === undefined) return rest(clock, leasePause(round, Math.random()));
  const usableLeft = held.lifetime.usable - since(held.requestedAt, clock);
  let left = renewalLookPause(usableLeft, Math.random());
  const end = clock.monotonic() + left;
  while (flight.waiting === 0 && left > 0) {
    await rest(clock, Math.min(attention, left));
    // Read once: the clock goes on between two readings.
    left = end - clock.monotonic();
  }
}
