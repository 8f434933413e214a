import { rest } from "../clock.ts";
import { isTokenError } from "../errors.ts";
import type { SharedFlight, SharedOutcome, SharedSubject } from "../options/shared-tokens.ts";
import { leasePause, renewalLookPause } from "../policy/back-off.ts";
import { isLate, since, type HeldToken } from "../policy/held-token.ts";
import { isFit } from "./adoption.ts";
import { describeFailure, restAfter, sharedError } from "./failures.ts";
import type { Found, Records, Release } from "./records.ts";

/** A lease may end a little later than asked for: it began after the wait for it did. In milliseconds. */
const lateness = 500;

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
  /** Gives the lease back; set while this process holds it. */
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
  const { records, subject, flight } = turn;
  const { client } = subject;
  const { signal } = flight.controller;
  const leaseTime = turn.leaseTime(client.timeout);
  const giveUpAt = client.clock.monotonic() + leaseTime + lateness;
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
    const mayAsk = !isSpared(subject, found);
    if (turn.release !== undefined) return undefined;
    if (mayAsk) {
      const lease = await tryLease(turn, leaseTime);
      if (lease === "none") return undefined;
      signal.throwIfAborted();
      if (lease === "ours") continue;
    }
    if (client.clock.monotonic() >= giveUpAt) {
      // Its holder is not one of us, or does not keep to its time.
      records.giveUpOnLease(subject);
      return undefined;
    }
    await rest(client.clock, pauseOf(turn, round));
    signal.throwIfAborted();
    // Callers are served to the end; what nobody waits for ends with the manager.
    if (flight.waiting === 0) subject.assertOpen(client.name);
  }
  return undefined;
}

/** `none`: there is no taking turns, because the store has no leases, or they do not work. */
async function tryLease(turn: Turn, leaseTime: number): Promise<"ours" | "taken" | "none"> {
  const { acquireLease } = turn.records;
  if (acquireLease === undefined) {
    turn.degrade(turn.subject);
    return "none";
  }
  const lease = await acquireLease(turn.subject, leaseTime).catch(() => "stuck" as const);
  if (lease === "stuck") return "none";
  if (lease === "taken") return "taken";
  turn.release = lease;
  return "ours";
}

/**
 * Whether the token endpoint is left alone, because another process failed there. Callers get a failure that is
 * certain; one process without an answer may be alone in that.
 */
function isSpared({ client }: SharedSubject, { failure: standing }: Found): boolean {
  if (standing === undefined) return false;
  const { failure, until } = standing;
  if (!failure.confirmed) return true;
  const { clock } = client;
  const retryAt = Math.ceil(clock.now() + until - clock.monotonic());
  throw Object.assign(sharedError(failure, client), { retryAt });
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
        await turn.release?.();
      },
    };
  } catch (error) {
    // First the word, then the turn.
    subject.inBackground(tellOthers(turn, error).then(turn.release));
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
