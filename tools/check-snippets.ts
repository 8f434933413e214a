// Type-checks every ```ts fence of the documents, and of the doc comments, against the sources of the packages.
//
// `<!-- snippet: continues -->` before a fence prepends the fence before it, and what that one continues.
// A fence whose first line is `// tokens.ts` can be imported by the document's other fences as "./tokens.ts".

import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const outDir = ".snippets";
const documents = ["README.md", "packages/*/README.md", "docs/**/*.md", "packages/*/src/**/*.ts"];

interface Line {
  readonly text: string;
  readonly at: string;
}

interface Snippet {
  readonly path: string;
  readonly lines: readonly Line[];
}

function snippetsOf(document: string, markdown: string): Snippet[] {
  const folder = join(outDir, document.replace(/\.(md|ts)$/, "").replaceAll("/", "-"));
  const snippets: Snippet[] = [];
  let fence: { indent: number; lines: Line[] } | undefined;
  let continues = false;

  for (const [index, line] of markdown.split("\n").entries()) {
    const text = document.endsWith(".ts") ? line.replace(/^ *\* ?/, "") : line;
    if (fence === undefined) {
      const opening = /^(\s*)```(?:ts|typescript)\b/.exec(text);
      if (opening) {
        fence = {
          indent: opening[1]?.length ?? 0,
          lines: [...((continues && snippets.at(-1)?.lines) || [])],
        };
      } else if (text.trim() !== "") {
        continues = text.trim() === "<!-- snippet: continues -->";
      }
    } else if (text.trim() === "```") {
      const name = /^\/\/ (\w[\w.-]*\.ts)\b/.exec(fence.lines[0]?.text ?? "")?.[1];
      const path = join(folder, continues || name === undefined ? `${snippets.length + 1}.ts` : name);
      snippets.push({ path, lines: fence.lines });
      fence = undefined;
      continues = false;
    } else {
      fence.lines.push({ text: text.slice(fence.indent), at: `${document}:${index + 1}` });
    }
  }
  return snippets;
}

/** `declare module` reaches every file of a program, so such a snippet, and who imports it, gets its own. */
function augments(snippet: Snippet, all: readonly Snippet[]): boolean {
  return snippet.lines.some(({ text }) => {
    if (/^\s*declare (module|global)\b/.test(text)) return true;
    const imported = /from "\.\/([^"]+)"/.exec(text)?.[1];
    const target = all.find(({ path }) => imported && path === join(dirname(snippet.path), imported));
    return target !== undefined && target !== snippet && augments(target, all);
  });
}

function check(name: string, snippets: readonly Snippet[], all: readonly Snippet[]): string[] {
  const project = join(outDir, `tsconfig.${name}.json`);
  writeFileSync(
    project,
    JSON.stringify({
      extends: "../tsconfig.json",
      // What a reader's own configuration may allow.
      compilerOptions: {
        noUnusedLocals: false,
        noUnusedParameters: false,
        noPropertyAccessFromIndexSignature: false,
      },
      include: [],
      files: snippets.map(({ path }) => path.slice(outDir.length + 1)),
    }),
  );
  const { stdout, status } = spawnSync("tsc", ["-p", project, "--pretty", "false"], { encoding: "utf8" });
  if (status === null)
    throw new Error("tsc did not start: run this through `node tools/run.mjs check:snippets`");
  return stdout
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) =>
      line.replace(/^(\.snippets\/[^(]+)\((\d+),\d+\)/, (position, path: string, number: string) => {
        const lines = all.find((snippet) => snippet.path === path)?.lines;
        return lines?.[Number(number) - 1]?.at ?? lines?.at(-1)?.at ?? position;
      }),
    );
}

process.chdir(root);
rmSync(outDir, { recursive: true, force: true });
const snippets = globSync(documents)
  .toSorted()
  .flatMap((document) => snippetsOf(document, readFileSync(document, "utf8")));

for (const { path, lines } of snippets) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${lines.map(({ text }) => text).join("\n")}\nexport {};\n`);
}

const alone = snippets.filter((snippet) => augments(snippet, snippets));
const together = snippets.filter((snippet) => !alone.includes(snippet));
const problems = new Set(
  [together, ...alone.map((snippet) => [snippet])]
    .filter((group) => group.length > 0)
    .flatMap((group, index) => check(String(index), group, snippets)),
);
for (const problem of problems) console.error(problem);
console.log(`${snippets.length} snippets, ${problems.size} problems`);
process.exitCode = problems.size === 0 ? 0 : 1;
