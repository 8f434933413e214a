import type { ModelClock, Moment } from "./model-clock.ts";

/** Of one client's registration and scope: what the outside world knows about its token. */
export interface KeyState {
  readonly name: string;
  /** How often the client was registered anew before. */
  readonly generation: number;
  /** Moves when the key is deleted or registered anew; what is older is not to come back. */
  epoch: number;
  /** The token that landed last. */
  held: Issued | undefined;
  /** An abort came while a token landed: nobody can tell whether it did. */
  unsure: boolean;
  /** Any failure, hang or abort since the reset. */
  troubled: boolean;
  /** Rejections since the reset. */
  rejections: number;
  /** When the last flight failed, if there was no good token then, and the secret that it had sent. */
  failed: { readonly at: number; readonly secret: string | null | undefined } | undefined;
  readonly callers: Callers;
}

/** Who asks for a client and scope; they stay when the client gets new options. */
interface Callers {
  /** The last use, in monotonic milliseconds. */
  usedAt: number;
  /** Calls that have not settled. */
  open: number;
  /** Those of them that force a renewal. */
  forcing: number;
  /** One of them was aborted just now. */
  aborting: boolean;
  /** The last deletion or registration, in monotonic milliseconds: whoever waited began to wait again. */
  resetAt: number;
}

/** A token as its server knows it. */
export interface Issued {
  readonly token: string;
  readonly key: KeyState;
  readonly epoch: number;
  readonly sentAt: Moment;
  /** When it had certainly landed, as a count of happenings. */
  landed: number | undefined;
  readonly obtainedAt: Moment;
  /** Milliseconds. */
  readonly lifetime: number;
  /** How many replacements of rejected tokens in a row it ends, at least. */
  series: number;
  /** It has ended once, by either clock: that the wall clock was set back since makes nobody rely on it. */
  ended: boolean;
  /** The API refuses it. */
  revoked: boolean;
  /** Somebody has told the library so. */
  rejected: boolean;
}

/** The book that is kept beside the library: what happened, and what must not have. */
export interface Ledger {
  readonly clock: ModelClock;
  readonly issued: Map<string, Issued>;
  /** What went wrong, in words. */
  readonly violations: string[];
  readonly keys: Map<string, KeyState>;
  /** Counts happenings, for what comes before what. */
  readonly tick: () => number;
  readonly key: (name: string) => KeyState;
  readonly must: (holds: boolean, promise: string, detail?: string) => void;
  /** A token was given to a caller of `key` who asked in `epoch`. */
  readonly handOut: (token: string, key: KeyState, epoch: number) => Issued | undefined;
  readonly reset: (key: KeyState) => void;
}

export const timeout = 10_000;
export const grace = 1000;

export function createLedger(clock: ModelClock): Ledger {
  const issued = new Map<string, Issued>();
  const keys = new Map<string, KeyState>();
  const callers = new Map<string, Callers>();
  const callersOf = (name: string): Callers => {
    const subject = name.replace(/-\d+ /, " ");
    const known = callers.get(subject) ?? { usedAt: -1, open: 0, forcing: 0, aborting: false, resetAt: 0 };
    callers.set(subject, known);
    return known;
  };
  const violations: string[] = [];
  let ticks = 0;
  const must: Ledger["must"] = (holds, promise, detail = "") => {
    if (!holds) violations.push(`${promise} ${detail} (at ${clock.monotonic()} ms)`);
  };
  return {
    clock,
    issued,
    violations,
    keys,
    tick: () => ++ticks,
    key(name) {
      const known = keys.get(name) ?? {
        name,
        generation: Number(/-(\d+) /.exec(name)?.[1]),
        epoch: 0,
        held: undefined,
        unsure: false,
        troubled: false,
        rejections: 0,
        failed: undefined,
        callers: callersOf(name),
      };
      keys.set(name, known);
      return known;
    },
    must,
    handOut(token, key, epoch) {
      const one = issued.get(token);
      must(one !== undefined, "a token that no server issued is never handed out");
      if (one === undefined) return undefined;
      // A call that meets new options goes on with those.
      const isNewer = one.key.callers === key.callers && one.key.generation > key.generation;
      must(one.key === key || isNewer, "a token goes to its own key only", `${one.key.name} for ${key.name}`);
      must(clock.since(one.sentAt) < one.lifetime, "an expired token is never handed out", one.token);
      must(
        one.epoch >= epoch || isNewer,
        "a token that was deleted before the call began is never handed out",
        one.token,
      );
      return one;
    },
    reset(key) {
      key.callers.resetAt = clock.monotonic();
      Object.assign(key, {
        epoch: key.epoch + 1,
        held: undefined,
        unsure: false,
        troubled: false,
        rejections: 0,
        failed: undefined,
      });
    },
  };
}

/** Milliseconds that a token is handed out without a second thought (the buffer is a minute, at most half). */
export function usable({ lifetime }: Issued): number {
  return lifetime - Math.min(60_000, lifetime / 2);
}

/** Milliseconds until the token of a key ends; none, if there is none. */
export function timeLeft({ clock }: Ledger, { held }: KeyState): number {
  return held === undefined ? 0 : held.lifetime - clock.since(held.sentAt);
}
