import type { Pace } from "./turns.ts";

/** How much a run measures. */
export interface Scale {
  /** Each in processes of its own. */
  readonly rounds: number;
  readonly hotPath: Pace;
  readonly allocation: Pace;
  readonly stub: Pace;
  readonly loopback: Pace;
  readonly lookUps: Pace;
  /** Calls that meet no token, at once, and how often that is tried. */
  readonly cold: Pace;
  /** How many tenants a manager serves. */
  readonly tenants: { readonly few: number; readonly some: number; readonly many: number };
}

/** `full` is for figures, `tiny` only shows that everything runs. */
export const scales: Readonly<Record<"full" | "tiny", Scale>> = {
  full: {
    rounds: 6,
    hotPath: { warmUp: 15, turns: 60, calls: 20_000 },
    allocation: { warmUp: 5, turns: 31, calls: 1000 },
    stub: { warmUp: 30, turns: 90, calls: 500 },
    loopback: { warmUp: 15_000, turns: 6000, calls: 1 },
    lookUps: { warmUp: 10, turns: 40, calls: 20_000 },
    cold: { warmUp: 3, turns: 10, calls: 10_000 },
    tenants: { few: 1, some: 1000, many: 100_000 },
  },
  tiny: {
    rounds: 1,
    hotPath: { warmUp: 0, turns: 2, calls: 20 },
    allocation: { warmUp: 0, turns: 2, calls: 20 },
    stub: { warmUp: 0, turns: 2, calls: 5 },
    loopback: { warmUp: 0, turns: 2, calls: 1 },
    lookUps: { warmUp: 0, turns: 2, calls: 20 },
    cold: { warmUp: 0, turns: 2, calls: 20 },
    tenants: { few: 1, some: 5, many: 20 },
  },
};

/** What {@link scales} knows. */
export type ScaleName = keyof typeof scales;
