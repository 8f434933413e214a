import { styleText } from "node:util";
import type { Verdict } from "./promises.ts";

const columns = ["", "", "token requests", "failed", "served", "longest"];

/** The verdicts as lines: what was promised, and what came of it. */
export function tableOf(verdicts: readonly Verdict[]): string[] {
  const rows = [columns, ...verdicts.map(rowOf)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row, index) => {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
    if (index === 0) return styleText("dim", line.trimEnd());
    return verdicts[index - 1]?.broken.length === 0 ? line.trimEnd() : styleText("red", line.trimEnd());
  });
}

/** What was broken, chapter by chapter. */
export function breachesOf(verdicts: readonly Verdict[]): string[] {
  return verdicts.flatMap(({ title, broken }) => broken.map((sentence) => `${title}: ${sentence}`));
}

function rowOf(verdict: Verdict): string[] {
  const { title, tokenRequests, limit, failed, calls, service, longestCall, broken } = verdict;
  return [
    broken.length === 0 ? "kept" : "BROKEN",
    title,
    `${tokenRequests} (at most ${limit})`,
    `${failed} of ${calls}`,
    `${service.processes} with ${service.tokens === 1 ? "one token" : `${service.tokens} tokens`}`,
    `${(longestCall / 1_000).toFixed(1)} s`,
  ];
}
