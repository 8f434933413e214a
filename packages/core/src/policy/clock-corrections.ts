import type { Clock } from "../clock.ts";

/** Clocks that differ by less, in milliseconds, are taken for the same: a `Date` has whole seconds, and took its way. */
const tolerance = 5000;

/** How many servers are remembered. */
const mostServers = 1000;

/** How far the clocks of servers differ from this machine's, for what they check the time of. */
export interface ClockCorrections {
  /** Milliseconds that the clock of `origin` is ahead; 0 if it is right, or not known. */
  of(origin: string): number;
  /** Takes note of the `Date` (RFC 9110 §6.6.1) of an answer of `origin` that came just now. */
  learn(origin: string, date: string | null): void;
}

export function createClockCorrections(clock: Clock): ClockCorrections {
  const skews = new Map<string, number>();
  const of = (origin: string): number => skews.get(origin) ?? 0;
  return {
    of,
    learn(origin, date) {
      const skew = Date.parse(date ?? "") - clock.now();
      if (Number.isNaN(skew) || Math.abs(skew - of(origin)) <= tolerance) return;
      skews.delete(origin);
      if (Math.abs(skew) <= tolerance) return;
      const [oldest] = skews.keys();
      if (oldest !== undefined && skews.size >= mostServers) skews.delete(oldest);
      skews.set(origin, skew);
    },
  };
}
