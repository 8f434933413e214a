import type { Scale } from "../harness/scale.ts";

/** What one round of a suite found, by name; the unit is that of the report. */
export type Figures = Readonly<Record<string, number>>;

/** One round. `backwards`: the contenders begin in the opposite order. */
export type Suite = (scale: Scale, backwards: boolean) => Promise<Figures>;
