// The benchmark itself, at a tiny scale; its figures are made by `node tools/run.mjs bench`.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeMachine } from "../bench/harness/machine.ts";
import { scales } from "../bench/harness/scale.ts";
import { explanationOf, judge } from "../bench/report/judgement.ts";
import { renderPage } from "../bench/report/page.ts";
import { readResults, type Result } from "../bench/report/results.ts";
import { sections } from "../bench/report/sections.ts";
import { suites } from "../bench/suites/index.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));
const committed = readResults(join(repository, "bench/results"));

describe("the benchmark", () => {
  test("one command measures, keeps the raw figures and writes the page", async () => {
    const out = mkdtempSync(join(tmpdir(), "client-token-bench-"));
    onTestFinished(() => rmSync(out, { recursive: true }));
    const args = ["bench/main.ts", "hot-path", "--tiny", "--source", "--out", out];
    await promisify(execFile)(process.execPath, args, { cwd: repository });

    const [result] = readResults(out);
    expect(result).toMatchObject({ suite: "hot-path", scale: "tiny", rounds: [{ order: "forward" }] });
    expect(result?.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(result?.machine).toMatchObject({ node: process.version, cpu: describeMachine().cpu });
    expect(result?.rounds[0]?.figures["peek"]).toBeGreaterThan(0);
    const page = readFileSync(join(out, "benchmark.md"), "utf8");
    expect(page).toContain("These figures mean nothing");
  });

  test.each(Object.entries(suites))("%s finds a figure for every line of its report", async (suite, run) => {
    const round = { order: "backward", figures: await run(scales.tiny, true) } as const;
    const judgements = judge(resultOf(suite, [round]));
    expect(judgements.length).toBeGreaterThan(0);
    for (const { figure } of judgements) expect(Number(figure)).not.toBeNaN();
  });

  test("results and page name neither the host nor a path", () => {
    const written = JSON.stringify(describeMachine()) + JSON.stringify(committed) + renderPage(committed);
    expect(written).not.toContain(repository);
    expect(written).not.toMatch(/\/(home|root|Users|tmp)\//);
  });
});

describe("the report", () => {
  const figures = { callers: 10, coldCall: 2000, tokenRequests: 1 };

  test("prints the median of the rounds beside its target", () => {
    const rounds = [1, 9, 2].map((tokenRequests) => roundOf({ ...figures, tokenRequests }));
    expect(renderPage([resultOf("cold-calls", rounds)])).toMatch(
      /\| token requests +\| +≤ 1 \| +2 \| +1 … 9 \| \*\*missed\*\* \|/,
    );
  });

  test("says of a miss what was promised, and that it needs an explanation", () => {
    const page = renderPage([resultOf("cold-calls", [roundOf({ ...figures, tokenRequests: 7 })])]);
    expect(page).toContain("- token requests: 7 in place of 1. Not explained yet");
  });

  test("takes no figure for granted that the rounds do not have", () => {
    const { coldCall, tokenRequests } = figures;
    expect(() => judge(resultOf("cold-calls", [roundOf({ coldCall, tokenRequests })]))).toThrow(
      "no figure callers",
    );
  });
});

describe("the published figures", () => {
  test("the page is what the results say: `node tools/run.mjs bench --page` writes it again", () => {
    expect(readFileSync(join(repository, "docs/benchmark.md"), "utf8")).toBe(renderPage(committed));
  });

  test("they are complete, of the built packages, from at least five rounds", () => {
    expect(committed.map(({ suite }) => suite)).toEqual(sections.map(({ suite }) => suite));
    for (const { suite, code, scale, rounds } of committed) {
      expect({ suite, code, scale }).toEqual({ suite, code: "built", scale: "full" });
      expect(rounds.length).toBeGreaterThanOrEqual(5);
    }
  });

  test("every miss is explained", () => {
    const unexplained = committed.flatMap((result) =>
      judge(result)
        .filter(({ verdict, row }) => verdict === "missed" && !explanationOf(result.suite, row))
        .map(({ row }) => row.what),
    );
    expect(unexplained).toEqual([]);
  });
});

function roundOf(figures: Result["rounds"][number]["figures"]): Result["rounds"][number] {
  return { order: "forward", figures };
}

function resultOf(suite: string, rounds: Result["rounds"]): Result {
  return { suite, date: "2030-01-31", machine: describeMachine(), code: "source", scale: "tiny", rounds };
}
