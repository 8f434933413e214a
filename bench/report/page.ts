import { explanationOf, judge, lineName, type Judgement } from "./judgement.ts";
import type { Result } from "./results.ts";
import { sections } from "./sections.ts";
import { renderTable } from "./table.ts";

/** The page about the results; every figure on it comes out of them. */
export function renderPage(results: readonly Result[]): string {
  const paragraphs = [
    "# Benchmark",
    "<!-- Written by `node tools/run.mjs bench` from bench/results: run that in place of editing this. -->",
    "A figure is the median of its rounds, and the range goes from the lowest round to the highest. Each round runs in a process of its own, every " +
      "second one in the opposite order; within a round, what is compared takes turns. `node tools/run.mjs bench` measures all of it again and writes " +
      "this page, `node tools/run.mjs bench hot-path` one suite.",
    ...results.flatMap(renderSection),
    ...renderCircumstances(results),
  ];
  return `${paragraphs.join("\n\n")}\n`;
}

function renderSection(result: Result): string[] {
  const { suite } = result;
  const { title = suite, about = "" } = sections.find((section) => section.suite === suite) ?? {};
  const judgements = judge(result);
  const missed = judgements.filter(({ verdict }) => verdict === "missed");
  return [
    `## ${title}`,
    about,
    renderTable(["", "target", "figure", "range", "verdict"], judgements.map(renderLine)),
    ...(missed.length === 0 ? [] : [missed.map((judgement) => renderMiss(suite, judgement)).join("\n")]),
  ];
}

function renderLine({ row, figure, range: [lowest, highest], verdict }: Judgement): string[] {
  return [
    row.what,
    row.atMost === undefined ? "" : `≤ ${withUnit(`${row.atMost}`, row.unit)}`,
    withUnit(figure, row.unit),
    lowest === highest ? "" : `${lowest} … ${highest}`,
    verdict === "missed" ? "**missed**" : (verdict ?? ""),
  ];
}

function renderMiss(suite: string, { row, figure }: Judgement): string {
  const why =
    explanationOf(suite, row) ??
    `Not explained yet: bench/report/misses.ts has no "${lineName(suite, row)}".`;
  return `- ${row.what}: ${withUnit(figure, row.unit)} in place of ${row.atMost}. ${why}`;
}

function renderCircumstances(results: readonly Result[]): string[] {
  const lines = results.map(({ suite, date, rounds, code, machine }) => {
    const { node, v8, platform, cpu, cores, load } = machine;
    return [
      suite,
      date,
      `${rounds.length}`,
      code === "built" ? "built packages" : "TypeScript sources",
      `Node.js ${node}, V8 ${v8}`,
      `${platform}, ${cores} cores of ${cpu}`,
      `${load}`,
    ];
  });
  const isTiny = results.some(({ scale }) => scale === "tiny");
  return [
    "## Circumstances",
    ...(isTiny ? ["**These figures mean nothing: a few calls each, to see that everything runs.**"] : []),
    renderTable(["suite", "date", "rounds", "code", "runtime", "machine", "load"], lines),
    "The load is the number of processes that wanted a core, on average over the minute before the suite: above the number of cores, the figures are too high.",
  ];
}

function withUnit(value: string, unit: string): string {
  return `${value} ${unit}`.trim();
}
