import { median } from "../harness/median.ts";
import { misses } from "./misses.ts";
import type { Result } from "./results.ts";
import { sections, type Row } from "./sections.ts";

/** A line of the report with its figure. */
export interface Judgement {
  readonly row: Row;
  /** The median of the rounds. */
  readonly figure: string;
  /** The lowest and the highest round. */
  readonly range: readonly [lowest: string, highest: string];
  readonly verdict: "met" | "missed" | undefined;
}

/** Holds the figures of a result against their targets. */
export function judge({ suite, rounds }: Result): Judgement[] {
  const { rows } = sections.find((section) => section.suite === suite) ?? { rows: [] };
  return rows.map((row): Judgement => {
    const values = rounds.map(({ figures }) =>
      row.figure((name) => {
        const figure = figures[name];
        if (figure === undefined) throw new Error(`${suite}.json has no figure ${name}`);
        return figure;
      }),
    );
    // Minus zero is zero.
    const print = (value: number): string => (Number(value.toFixed(row.digits)) + 0).toFixed(row.digits);
    const figure = print(median(values));
    const verdict = row.atMost === undefined ? undefined : Number(figure) <= row.atMost ? "met" : "missed";
    return { row, figure, range: [print(Math.min(...values)), print(Math.max(...values))], verdict };
  });
}

/** Names a line among all lines of the report. */
export function lineName(suite: string, { what, unit }: Row): string {
  return `${suite}: ${what}, ${unit}`;
}

/** The explanation of a missed target, if somebody has given one. */
export function explanationOf(suite: string, row: Row): string | undefined {
  return misses[lineName(suite, row)];
}
