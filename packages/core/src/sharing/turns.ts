import { rest } from "../clock.ts";
import { isTokenError } from "../errors.ts";
import type { SharedFlight, SharedOutcome, SharedSubject } from "../options/shared-tokens.ts";
import type { Lease } from "../options/token-cache.ts";
import { leasePause, renewalLookPause } from "../policy/back-off.ts";
import { isLate, since, type HeldToken } from "../policy/held-token.ts";
import { isFit } from "./adoption.ts";
import { describeFailure, restAfter, sharedError } from "./failures.ts";
import type { Found, Records } from "./records.ts";

/** What taking turns needs to know. */
export interface Rules {
  readonly records: Records;
  /** Names this process in its failure markers. */
  readonly writer: () => string;
  /** How long a lease lasts for a client with this `timeout`, in milliseconds. */
  readonly leaseTime: (timeout: number) => number;
  /** The store has no leases. */
  readonly degrade: (subject: SharedSubject) => void;
}

/** One acquisition in one process. */
interface Turn extends Rules {
  readonly subject: SharedSubject;
  readonly flight: SharedFlight;
  /** The store did not say what it holds. */
  blind: boolean;
  lease: Lease | undefined;
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
  const turn: Turn = { ...rules, subject, flight, blind: false, lease: undefined };
  try {
    const held = await waitForOthers(turn);
    if (held !== undefined) return { held, from: "shared-cache", settle: () => release(turn) };
  } catch (error) {
    subject.inBackground(release(turn));
    throw error;
  }
  return ask(turn);
}

/** Another process's token; `undefined` when it is this one's turn to ask. */
async function waitForOthers(turn: Turn): Promise<HeldToken | undefined> {
  const { records, subject, flight } = turn;
  const { client } = subject;
  const { signal } = flight.controller;
  const leaseTime = turn.leaseTime(client.timeout);
  const giveUpAt = client.clock.monotonic() + leaseTime;
  for (let round = 0; !flight.forced; round++) {
    const found = await records.read(subject, true).catch(() => undefined);
    signal.throwIfAborted();
    turn.blind = found === undefined;
    if (found === undefined || flight.forced) return undefined;
    // Whoever asks now asks after the deletion; the token from before is not used any more.
    if (found.deleted) subject.held = undefined;
    const { token } = found;
    if (token !== undefined && isFit(subject, token)) {
      if (isLate(token, client.clock)) flight.serveLate(token);
      signal.throwIfAborted();
      return token;
    }
    const wait = timeToWait(turn, found);
    if (turn.lease !== undefined) return undefined;
    if (wait === 0) {
      if (!(await tryLease(turn, leaseTime))) return undefined;
      signal.throwIfAborted();
      if (turn.lease !== undefined) continue;
    }
    // Its holder is not one of us, or does not keep to its time.
    if (client.clock.monotonic() >= giveUpAt) return undefined;
    await rest(client.clock, Math.max(wait, pauseOf(turn, round)));
    signal.throwIfAborted();
    // Callers are served to the end; what nobody waits for ends with the manager.
    if (flight.waiting === 0) subject.assertOpen(client.name);
  }
  return undefined;
}

/** Whether it makes sense to go on taking turns: there are leases, and asking for one worked. */
async function tryLease(turn: Turn, leaseTime: number): Promise<boolean> {
  const { acquireLease } = turn.records;
  if (acquireLease === undefined) {
    turn.degrade(turn.subject);
    return false;
  }
  try {
    turn.lease = await acquireLease(turn.subject, leaseTime);
    return true;
  } catch {
    return false;
  }
}

/**
 * How long a failure of another process stands, in milliseconds. Callers get one that is certain; one process
 * without an answer may be alone in that.
 */
function timeToWait({ subject }: Turn, { failure }: Found): number {
  if (failure === undefined) return 0;
  const { clock } = subject.client;
  const left = failure.until - clock.monotonic();
  if (!failure.failure.confirmed) return left;
  throw Object.assign(sharedError(failure.failure, subject.client), {
    retryAt: Math.ceil(clock.now() + left),
  });
}

function pauseOf({ subject, flight }: Turn, round: number): number {
  const { held, client } = subject;
  if (flight.waiting > 0 || held === undefined) return leasePause(round, Math.random());
  return renewalLookPause(held.lifetime.usable - since(held.requestedAt, client.clock), Math.random());
}

async function ask(turn: Turn): Promise<SharedOutcome> {
  const { records, subject, flight } = turn;
  try {
    const first = await flight.ask();
    const found = turn.blind ? undefined : await records.read(subject).catch(() => undefined);
    if (found?.deleted === true) subject.held = undefined;
    // It may have been issued before the deletion, and then it was meant too.
    const held = found?.deleted === true ? await flight.ask() : first;
    return {
      held,
      from: "token-endpoint",
      async settle(landed) {
        if (landed) await records.writeToken(subject, held).catch(() => {});
        await release(turn);
      },
    };
  } catch (error) {
    // First the word, then the turn.
    subject.inBackground(tellOthers(turn, error).then(() => release(turn)));
    throw error;
  }
}

async function tellOthers({ records, subject, flight, writer }: Turn, error: unknown): Promise<void> {
  if (flight.abandoned || !isTokenError(error)) return;
  const failure = describeFailure(error, writer(), records.lastFailure(subject));
  if (failure === undefined) return;
  Object.assign(error, { retryAt: Math.ceil(subject.client.clock.now() + restAfter(failure)) });
  await records.writeFailure(subject, failure).catch(() => {});
}

async function release({ lease }: Turn): Promise<void> {
  await lease?.release().catch(() => {});
}
