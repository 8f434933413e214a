// Measures, keeps the raw figures, and writes the page about them.
//
//   node tools/run.mjs bench [suite ...]
//
// --page    no measuring: the page again, from the results that are there
// --tiny    a few calls of everything, to see that it runs
// --source  the TypeScript sources in place of the built packages
// --out     the folder of the results and of the page; without it, bench/results and docs

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measure } from "./harness/rounds.ts";
import { renderPage } from "./report/page.ts";
import { readResults, writeResult } from "./report/results.ts";
import { suites } from "./suites/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    page: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
    source: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
const { page: pageOnly, tiny, source, out } = values;
if (out === undefined && (tiny || source)) {
  throw new Error("--tiny and --source are no figures to keep: give another folder with --out");
}
const unknown = positionals.filter((name) => suites[name] === undefined);
if (unknown.length > 0) {
  throw new Error(`no suite ${unknown.join(", ")}: there are ${Object.keys(suites).join(", ")}`);
}

const repository = fileURLToPath(new URL("..", import.meta.url));
const results = out ?? join(repository, "bench/results");
const page = join(out ?? join(repository, "docs"), "benchmark.md");
mkdirSync(results, { recursive: true });
const wanted = positionals.length > 0 ? positionals : Object.keys(suites);
for (const suite of pageOnly ? [] : wanted) {
  writeResult(results, await measure(suite, tiny ? "tiny" : "full", source ? "source" : "built"));
}
const text = renderPage(readResults(results));
writeFileSync(page, text);
console.log(text);
