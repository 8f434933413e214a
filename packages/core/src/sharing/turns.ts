import { rest } from "../clock.ts";
import { isTokenError } from "../errors.ts";
import type { SharedFlight, SharedOutcome, SharedSubject } from "../options/shared-tokens.ts";
import { leasePause, renewalLookPause } from "../policy/back-off.ts";
import { isLate, since, type HeldToken } from "../policy/held-token.ts";
import { isFit, isOlder } from "./adoption.ts";
import { describeFailure, describeSilence, sharedError } from "./failures.ts";
import type { Leases, Release } from "./leases.ts";
import { lastFailure, type MemoryOf, type StandingFailure } from "./memory.ts";
import type { Records } from "./records.ts";

/** A lease may end a little later than asked for: it began after the wait for it did. In milliseconds. */
const lateness = 500;
/** How long to wait for the holder of a lease that has stood too long before, in milliseconds. */
const stuckPatience = 2000;
/** How soon a pause in the background takes note of a caller, in milliseconds. */
const attention = 100;

/** What taking turns needs to know. */
export interface Rules {
  readonly records: Records;
  readonly leases: Leases;
  readonly memoryOf: MemoryOf;
  /** Names this process in its failure markers. */
  readonly writer: () => string;
  /** How long a lease lasts for a client with this `timeout`, in milliseconds. */
  readonly leaseTime: (timeout: number) => number;
}

/** One acquisition in one process. */
interface Turn extends Rules {
  readonly subject: SharedSubject;
  readonly flight: SharedFlight;
  /** The store did not say what it holds. */
  blind: boolean;
  /** Set while this process holds the lease. */
  release: Release | undefined;
}

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

/** Another process's token; `undefined` when it is this one's turn to ask. */
async function waitForOthers(turn: Turn): Promise<HeldToken | undefined> {
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

async function ask(turn: Turn): Promise<SharedOutcome> {
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
    if (latest !== undefined && latest.token.accessToken !== stored && isOlder(first, latest)) {
      // Asked for and shared meanwhile, perhaps in place of a deletion that meant this one too.
      if (!isLate(latest, clock))
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
