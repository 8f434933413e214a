import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../harness/machine.ts";
import type { ScaleName } from "../harness/scale.ts";
import type { Figures } from "../suites/suite.ts";
import { sections } from "./sections.ts";

/** One round of a suite, in a process of its own. */
export interface Round {
  readonly order: "forward" | "backward";
  readonly figures: Figures;
}

/** A results file: what was measured, on what, and the raw figures. */
export interface Result {
  readonly suite: string;
  /** As in 2030-01-31. */
  readonly date: string;
  readonly machine: Machine;
  /** What ran: the built packages, or their TypeScript sources. */
  readonly code: "built" | "source";
  readonly scale: ScaleName;
  readonly rounds: readonly Round[];
}

/** Writes one results file. */
export function writeResult(folder: string, result: Result): void {
  writeFileSync(join(folder, `${result.suite}.json`), `${JSON.stringify(result, rounded, 2)}\n`);
}

/** All results of a folder, in the order of the report. */
export function readResults(folder: string): Result[] {
  return sections
    .map(({ suite }) => join(folder, `${suite}.json`))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, "utf8")) as Result);
}

/** @throws if this is not what a round sends */
export function readFigures(message: unknown): Figures {
  const entries = Object.entries(Object(message) as Record<string, unknown>);
  const figures = entries.filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
  if (figures.length === 0 || figures.length < entries.length) {
    throw new Error(`these are no figures: ${JSON.stringify(message)}`);
  }
  return Object.fromEntries(figures);
}

/** A thousandth of a nanosecond is not a figure. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
}
