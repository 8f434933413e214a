// Holds the import direction of the house: a file uses only what lies below it.

import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { posix } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/** packages/core/src from top to bottom. One line is one rank; rooms of one rank do not use each other. */
const house: readonly (readonly string[])[] = [
  ["index.ts"],
  ["adapter.ts", "node/"],
  ["fetch.ts"],
  ["authorizer/"],
  ["default-manager.ts"],
  ["manager.ts"],
  ["client.ts"],
  ["registry/"],
  ["token-source.ts", "token-source/"],
  ["token-endpoint/", "assertions/"],
  ["dpop/"],
  ["sharing/"],
  ["cache/", "keys/", "telemetry/"],
  ["options.ts", "options/"],
  ["policy/"],
  ["access-token.ts", "errors.ts", "clock.ts"],
];

const coreSource = "packages/core/src/";
const coreManifest = "packages/core/package.json";

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Every module a file names, type imports included. */
function importsOf(file: string, source: string): Import[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0]?.message}`);
  const found: Import[] = [];
  const add = (node: { type: string; start: number; value?: unknown } | null): void => {
    if (node?.type !== "Literal" || typeof node.value !== "string") return;
    found.push({ specifier: node.value, line: source.slice(0, node.start).split("\n").length });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
  }).visit(program);
  return found;
}

/** `token-source/flight.ts` lives in the room `token-source/`, `client.ts` is a room of its own. */
function roomOf(path: string): string {
  const slash = path.indexOf("/");
  return slash < 0 ? path : path.slice(0, slash + 1);
}

function judgeCore(from: string, to: string): string | undefined {
  const [fromRoom, toRoom] = [roomOf(from), roomOf(to)];
  if (fromRoom === "testing/" || (fromRoom === toRoom && fromRoom.endsWith("/"))) return undefined;
  if (toRoom === "testing/") return `${from} must not use testing/`;
  const rank = (room: string): number => house.findIndex((rooms) => rooms.includes(room));
  const [fromRank, toRank] = [rank(fromRoom), rank(toRoom)];
  if (toRank < 0 || fromRank < toRank) return undefined;
  const place = fromRank === toRank ? "beside" : "above";
  return `${from} must not use ${to}, which stands ${place} it`;
}

function isKnown(path: string): boolean {
  return roomOf(path) === "testing/" || house.some((rooms) => rooms.includes(roomOf(path)));
}

/**
 * @param files - path from the root of the repository → content; sources of `packages/*\/src` and the
 * `package.json` of core, which names its public sub-paths
 */
export function findViolations(files: ReadonlyMap<string, string>): Violation[] {
  const { exports = {} } = JSON.parse(files.get(coreManifest) ?? "{}") as { exports?: object };
  const subPaths = new Set(Object.keys(exports).map((key) => posix.join("@client-token/core", key)));
  const violations: Violation[] = [];

  for (const [file, source] of files) {
    const [, name, path] = /^packages\/([^/]+)\/src\/(.+\.ts)$/.exec(file) ?? [];
    if (name === undefined || path === undefined) continue;
    if (name === "core" && !isKnown(path)) {
      violations.push({
        file,
        line: 1,
        message: `${path} has no place in the house (tools/check-imports.ts)`,
      });
      continue;
    }

    for (const { specifier, line } of importsOf(file, source)) {
      const message = specifier.startsWith(".")
        ? judgeRelative(name, file, specifier)
        : judgePackage(name, specifier, subPaths);
      if (message !== undefined) violations.push({ file, line, message });
    }
  }
  return violations;
}

function judgeRelative(name: string, file: string, specifier: string): string | undefined {
  const source = `packages/${name}/src/`;
  const target = posix.join(posix.dirname(file), specifier);
  if (!target.startsWith(source)) return `${specifier} leaves ${source}`;
  return source === coreSource
    ? judgeCore(file.slice(source.length), target.slice(source.length))
    : undefined;
}

function judgePackage(name: string, specifier: string, subPaths: ReadonlySet<string>): string | undefined {
  if (!specifier.startsWith("@client-token/")) return undefined;
  if (name === "core") return `core must not use ${specifier}: import the file itself`;
  if (subPaths.has(specifier)) return undefined;
  return /^@client-token\/core(\/|$)/.test(specifier)
    ? `${specifier} is no public sub-path of core`
    : `${name} must not use ${specifier}: what two adapters need belongs into core`;
}

/** The files of this repository that {@link findViolations} judges. */
export function readSources(): Map<string, string> {
  const root = new URL("../", import.meta.url);
  const paths = globSync("packages/*/src/**/*.ts", { cwd: fileURLToPath(root) });
  return new Map([coreManifest, ...paths].map((path) => [path, readFileSync(new URL(path, root), "utf8")]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = findViolations(readSources());
  for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`);
  console.log(
    violations.length === 0 ? "every import points down" : `${violations.length} imports are wrong`,
  );
  process.exitCode = violations.length === 0 ? 0 : 1;
}
