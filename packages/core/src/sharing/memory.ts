import type { SharedSubject } from "../options/shared-tokens.ts";
import type { SharedFailure } from "./failure-entry.ts";

/** Failures further apart than this, in milliseconds, do not make a row. */
const longestGap = 30_000;

/** A failure marker, and until when it stands by this process's monotonic clock. */
export interface StandingFailure {
  readonly failure: SharedFailure;
  readonly until: number;
}

/** What this process remembers of a subject's entries in the shared cache. */
export interface Memory {
  /** The last deletion it has heard of. */
  tombstone: string | undefined;
  /** The last failure it has heard of. */
  failure: StandingFailure | undefined;
  /** The row of failures was ended by a token. */
  rowEnded: boolean;
  /** The access token that was last seen there. */
  stored: string | undefined;
  /** The access token that it was last to put there. */
  written: string | undefined;
  /** Access tokens that it has deleted: a late write, or a store that did not take the deletion, may bring them back. */
  dismissed: readonly (string | undefined)[];
  /** The last deletion of its own. */
  buried: string;
  /** Its own deletion that waits for its turn. */
  deletion: Promise<void> | undefined;
  /** A lease stood longer than it may, and this process has had none since. */
  leaseStuck: boolean;
}

export type MemoryOf = (subject: SharedSubject) => Memory;

export function createMemories(): MemoryOf {
  const memories = new WeakMap<SharedSubject, Memory>();
  return (subject) => {
    const memory = memories.get(subject) ?? {
      tombstone: undefined,
      failure: undefined,
      rowEnded: false,
      stored: undefined,
      written: undefined,
      dismissed: [],
      buried: "",
      deletion: undefined,
      leaseStuck: false,
    };
    memories.set(subject, memory);
    return memory;
  };
}

/** Takes note of a failure that stands for `left` milliseconds. Whatever a marker says each time, its period begins once. */
export function noteFailure(memory: Memory, failure: SharedFailure, left: number, now: number): void {
  if (failure.id === memory.failure?.failure.id) return;
  memory.failure = { failure, until: now + left };
  memory.rowEnded = false;
}

/** The failure that stands at `now`. */
export function standingFailure({ failure }: Memory, now: number): StandingFailure | undefined {
  return failure !== undefined && now < failure.until ? failure : undefined;
}

/** The last failure of the row that a failure at `now` would continue. */
export function lastFailure({ failure, rowEnded }: Memory, now: number): SharedFailure | undefined {
  if (failure === undefined || rowEnded) return undefined;
  return now < failure.until + longestGap ? failure.failure : undefined;
}
