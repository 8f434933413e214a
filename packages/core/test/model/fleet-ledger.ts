import type { ModelClock } from "./model-clock.ts";

/** A token as its server knows it. */
interface SharedToken {
  readonly sentAt: number;
  /** Milliseconds. */
  readonly lifetime: number;
  /** How many deletions there had been when it was asked for. */
  readonly epoch: number;
  revoked: boolean;
}

/** What is known of one process. */
export interface Member {
  readonly id: number;
  /** How far its wall clock is ahead, in milliseconds. */
  skew: number;
  /** It cannot reach the token endpoint. */
  cutOff: boolean;
  dead: boolean;
  /** The last deletion that it made, or that the store has told it of. */
  epoch: number;
  /** From when it has known that the store works again. */
  knowsAt: number;
  /** The tokens that it handed out. */
  readonly seen: Set<string>;
}

/** The book that is kept beside a fleet: what happened, and what must not have. Times are monotonic milliseconds. */
export interface FleetLedger {
  readonly clock: ModelClock;
  readonly tokens: Map<string, SharedToken>;
  /** What went wrong, in words. */
  readonly violations: string[];
  /** How many deletions there were. */
  epoch: number;
  /** The store works now. */
  healthy: boolean;
  /** Some wall clock has been off. */
  skewed: boolean;
  /** The store did not do its part, or begins to again. */
  readonly fault: () => void;
  /** Something happens, until `end` at the latest, after which two token requests at a time are no wonder. */
  readonly disturb: (end?: number) => void;
  readonly deleted: (member: Member) => void;
  /** The store has answered a process. */
  readonly heard: (member: Member) => void;
  /** Whether all was well at `moment`, and had been for long enough. */
  readonly isCalm: (moment: number) => boolean;
  /** Whether a process that asked at `moment` should have been the only one. */
  readonly isAlone: (member: Member, moment: number) => boolean;
  readonly must: (holds: boolean, promise: string, detail?: string) => void;
  /** A token was given to somebody who asked when the process knew of deletion `known`. */
  readonly handOut: (member: Member, token: string, known: number) => SharedToken | undefined;
}

/** In milliseconds: an acquisition, the lease that belongs to it, and a call with everything that it may wait for. */
export const timeout = 1000;
export const leaseTime = timeout + 3 * 250 + 500;
export const longestCall = 10 * timeout;
/** After that, nothing is left of a fault: no late answer, no abandoned lease, no store that is left alone. */
const aftermath = leaseTime + 1500;

export function createFleetLedger(clock: ModelClock): FleetLedger {
  let [faultAt, disturbedAt] = [-Infinity, -Infinity];
  /** When each deletion was. */
  const deletions: number[] = [];
  const ledger: FleetLedger = {
    clock,
    tokens: new Map(),
    violations: [],
    epoch: 0,
    healthy: true,
    skewed: false,
    fault() {
      faultAt = clock.monotonic();
      ledger.disturb();
    },
    disturb(end = clock.monotonic()) {
      disturbedAt = Math.max(disturbedAt, end);
    },
    deleted(member) {
      member.epoch = ++ledger.epoch;
      deletions[member.epoch] = clock.monotonic();
      ledger.disturb();
    },
    heard(member) {
      const now = clock.monotonic();
      // Answers that were on their way at the fault fail until then.
      if (ledger.healthy && now > faultAt + 1500 && member.knowsAt <= faultAt) member.knowsAt = now + 1;
    },
    isCalm: (moment) => ledger.healthy && moment > disturbedAt + aftermath,
    isAlone: ({ knowsAt }, moment) => ledger.isCalm(moment) && knowsAt > faultAt && moment >= knowsAt,
    must(holds, promise, detail = "") {
      if (!holds) ledger.violations.push(`${promise} ${detail} (at ${clock.monotonic()} ms)`);
    },
    handOut(member, token, known) {
      const one = ledger.tokens.get(token);
      ledger.must(one !== undefined, "a token that no server issued is never handed out", token);
      if (one === undefined) return undefined;
      member.seen.add(token);
      // The wall clocks agree to a fraction of a millisecond, or not at all.
      const hasEnded = clock.monotonic() >= one.sentAt + one.lifetime + 0.001;
      ledger.must(!hasEnded || ledger.skewed, "an ended token is never handed out", token);
      // A flight asks once more for the sake of one deletion, not of two.
      const [deletedAt = 0, beforeThat = -Infinity] = [deletions[known], deletions[known - 1]];
      const isFenced =
        ledger.healthy && deletedAt > faultAt + aftermath && deletedAt > beforeThat + 2 * timeout;
      ledger.must(
        one.epoch >= known || !isFenced,
        "no token from before a deletion is handed out by a process that knows of it",
        `${token} in process ${member.id}`,
      );
      return one;
    },
  };
  return ledger;
}
