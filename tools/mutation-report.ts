// Writes docs/mutation-testing.md from what Stryker left in reports/mutation.json.

import { readFileSync, writeFileSync } from "node:fs";

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

/** How many mutants of a file came to which end. */
function count(statuses: readonly string[]): { found: number; all: number } {
  const is = (...wanted: readonly string[]): number => statuses.filter((one) => wanted.includes(one)).length;
  const found = is("Killed", "Timeout");
  return { found, all: found + is("Survived", "NoCoverage") };
}

function row(name: string, statuses: readonly string[]): string {
  const { found, all } = count(statuses);
  return `| ${name} | ${all} | ${found} | ${((100 * found) / all).toFixed(1)} % |`;
}

const { files } = JSON.parse(readFileSync("reports/mutation.json", "utf8")) as Report;
const results = Object.entries(files)
  .map(
    ([file, { mutants }]) =>
      [file.replace("packages/core/src/", ""), mutants.map(({ status }) => status)] as const,
  )
  .filter(([, statuses]) => count(statuses).all > 0)
  .toSorted(([a], [b]) => a.localeCompare(b));

writeFileSync(
  "docs/mutation-testing.md",
  `# Mutation testing

<!-- Written by \`node tools/run.mjs mutation\`: run that in place of editing this. -->

Stryker changes the code in one place at a time, and the tests have to notice. What is tested so is the heart of the
library: the arithmetic, the life of a token, and what adapters do. The run fails below 90 %. Measured on ${new Date().toISOString().slice(0, 10)}
with core's unit and behaviour tests.

| file | mutants | found | score |
| ---- | ------: | ----: | ----: |
${results.map(([file, statuses]) => row(`\`${file}\``, statuses)).join("\n")}
${row(
  "**all**",
  results.flatMap(([, statuses]) => statuses),
)}
`,
);
