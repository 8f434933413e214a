import type { CacheEntry, Clock, TokenCache } from "@client-token/core";

/** What a store is asked. Failure markers are entries of their own, and so is what the breaker probes with. */
export type StoreCall = "get" | "get-failure" | "set" | "set-failure" | "lease" | "release" | "probe";

/** How a call is treated; `work` does, at once, what was asked. */
export type Treatment = <T>(work: () => T) => Promise<T>;

/** A call that waits, done or not, until it is let go. */
interface Held {
  readonly reached: () => boolean;
  readonly letGo: () => void;
}

/** The one store of a fleet, which does to its callers what a test tells it to. */
export interface ScriptedStore {
  readonly cache: Required<TokenCache>;
  readonly entries: Map<string, CacheEntry>;
  /** Until when each lease stands, in monotonic milliseconds. */
  readonly leases: Map<string, { readonly until: number }>;
  /** All calls so far. */
  readonly calls: StoreCall[];
  /** How long the last lease was asked for, in milliseconds. */
  readonly leaseTime: () => number;
  /** The one key that is in use. */
  readonly key: () => string;
  /** What is kept under it: a token, a tombstone or nothing. */
  readonly entry: () => CacheEntry | undefined;
  readonly marker: () => CacheEntry | undefined;
  /** Whether a lease stands now. */
  readonly isLeased: () => boolean;
  /** Treats these calls so from now on. */
  readonly treat: (treatment: Treatment, ...calls: StoreCall[]) => void;
  /** Treats all calls as usual again. */
  readonly heal: () => void;
  /** Holds the next call of this kind, or the `nth`; `done`: what it asks for is done at once, the answer waits. */
  readonly hold: (call: StoreCall, how?: "done" | "not-done", nth?: number) => Held;
}

export const everything: readonly StoreCall[] = [
  "get",
  "get-failure",
  "set",
  "set-failure",
  "lease",
  "release",
  "probe",
];

export const hang: Treatment = () => new Promise<never>(() => {});
export const throwAtOnce: Treatment = () => {
  throw new Error("connection closed");
};

/** Rejects with `reason`, whatever it is. */
export function refuse(reason: unknown = new Error("connection lost")): Treatment {
  return async () => {
    throw reason;
  };
}

/** Does what was asked `delay` milliseconds late. */
export function dawdle(clock: Clock, delay: number): Treatment {
  return async (work) => {
    await new Promise<void>((resolve) => clock.setTimeout(resolve, delay));
    return work();
  };
}

/** Does what was asked, and answers `delay` milliseconds late. */
export function answerLate(clock: Clock, delay: number): Treatment {
  return async (work) => {
    const result = work();
    await new Promise<void>((resolve) => clock.setTimeout(resolve, delay));
    return result;
  };
}

/** Entries and leases end by the clock given, as on a machine of their own. */
export function openScriptedStore(clock: Clock): ScriptedStore {
  const entries = new Map<string, CacheEntry>();
  const leases = new Map<string, { readonly until: number }>();
  const calls: StoreCall[] = [];
  const treatments = new Map<StoreCall, Treatment>();
  const next = new Map<StoreCall, Treatment[]>();
  let leaseTime = 0;

  const usual: Treatment = async (work) => work();
  const serve = <T>(call: StoreCall, work: () => T): Promise<T> => {
    calls.push(call);
    return (next.get(call)?.shift() ?? treatments.get(call) ?? usual)(work);
  };
  const find = (isMarker: boolean): [key: string, entry?: CacheEntry] =>
    [...entries].find(([key]) => isMarker === key.endsWith(":failure")) ?? [""];

  return {
    entries,
    leases,
    calls,
    leaseTime: () => leaseTime,
    key: () => find(false)[0],
    entry: () => find(false)[1],
    marker: () => find(true)[1],
    isLeased: () => [...leases.values()].some(({ until }) => until > clock.monotonic()),
    treat(treatment, ...kinds) {
      for (const kind of kinds) treatments.set(kind, treatment);
    },
    heal: () => treatments.clear(),
    hold(call, how = "not-done", nth = 1) {
      let reached = false;
      let letGo = (): void => {};
      const gate = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const treatment: Treatment = async (work) => {
        reached = true;
        const done = how === "done" ? { result: work() } : undefined;
        await gate;
        return done === undefined ? work() : done.result;
      };
      const before = Array.from({ length: nth - 1 }, () => usual);
      next.set(call, [...(next.get(call) ?? []), ...before, treatment]);
      return { reached: () => reached, letGo: () => letGo() };
    },
    cache: {
      get: (key) =>
        serve(key.endsWith(":failure") ? "get-failure" : key.endsWith(":probe") ? "probe" : "get", () => {
          const entry = entries.get(key);
          return entry !== undefined && entry.expiresAt > clock.now() ? entry : undefined;
        }),
      set: (key, entry) =>
        serve(entry.kind === "failure" ? "set-failure" : "set", () => void entries.set(key, entry)),
      acquireLease(key, duration) {
        leaseTime = duration;
        return serve("lease", () => {
          const now = clock.monotonic();
          if ((leases.get(key)?.until ?? 0) > now) return undefined;
          const lease = { until: now + duration };
          leases.set(key, lease);
          return {
            release: () =>
              serve("release", () => {
                if (leases.get(key) === lease) leases.delete(key);
              }),
          };
        });
      },
    },
  };
}
