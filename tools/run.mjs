// Runs a script of this repository on a machine that has only Node.js 20 and npm: installs the pinned
// tools when they are missing or outdated, then works with the pinned Node.js. Plain JavaScript without
// dependencies, because it runs before anything is installed.
//
//   node tools/run.mjs demo | fleet | test | <a script of package.json> [arguments]

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const pnpm = manifest.packageManager;
const pinnedNode = `v${manifest.devDependencies.node}`;
const stampFile = join(root, "node_modules/.client-token-install");

const env = {
  ...process.env,
  PATH: [join(root, "node_modules/node/bin"), join(root, "node_modules/.bin"), process.env.PATH].join(
    delimiter,
  ),
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
};

const commands = {
  demo: ["node", "--conditions=@client-token/source", "examples/quick-start/src/main.ts"],
  fleet: ["node", "--conditions=@client-token/source", "examples/fleet/src/main.ts"],
  test: ["pnpm", "run", "gate"],
};

function say(line) {
  console.error(`> ${line}`);
}

function fail(problem, fix, status = 1) {
  console.error(`\nerror: ${problem}\n  fix: ${fix}`);
  process.exit(status);
}

/** Everything that decides what an installation holds. */
function fingerprint() {
  const folders = ["packages", "examples"].flatMap((parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`) : [],
  );
  const manifests = ["", "bench", ...folders.toSorted()].map((folder) => join(folder, "package.json"));
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

function checkHost() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) fail(`Node.js ${process.version} is too old`, "install Node.js 20 or newer");
}

/** The pinned pnpm: the installed one, which needs no network, else the one npx gets. */
function installer() {
  const installed = join(root, "node_modules/pnpm/package.json");
  if (existsSync(installed) && pnpm === `pnpm@${JSON.parse(readFileSync(installed, "utf8")).version}`) {
    return [join(root, "node_modules/.bin/pnpm")];
  }
  if (spawnSync("npx", ["--version"]).status !== 0) {
    fail("npx was not found", "install npm, which comes with Node.js");
  }
  return ["npx", "-y", pnpm];
}

function install() {
  const wanted = fingerprint();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return;

  const [program, ...args] = installer();
  say(
    `Node.js ${process.version}: installing with ${pnpm}, because dependencies are missing or have changed`,
  );
  // CI: pnpm asks no questions.
  const { status } = spawnSync(program, [...args, "install", "--frozen-lockfile"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, CI: "true" },
  });
  if (status !== 0) {
    fail(
      "the installation failed, see above",
      `check the network; after a change of dependencies run \`npx -y ${pnpm} install\` to renew the lockfile`,
      status ?? 1,
    );
  }
  writeFileSync(stampFile, wanted);
}

function checkPinnedNode() {
  const { stdout } = spawnSync("node", ["--version"], { encoding: "utf8", env });
  const found = stdout?.trim();
  if (found !== pinnedNode) {
    fail(
      `the tools need Node.js ${pinnedNode}, but node_modules holds ${found ?? "none"}`,
      "remove node_modules and run this again; the install script of the package `node` must be allowed to run",
    );
  }
}

function run([program, ...args]) {
  const child = spawn(program, args, { cwd: root, stdio: "inherit", env });
  // The terminal sends Ctrl-C to the child as well: let it finish and report.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) =>
    fail(`could not start ${program}: ${error.message}`, "remove node_modules and run this again"),
  );
  child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

const [name, ...rest] = process.argv.slice(2);
if (!commands[name] && !manifest.scripts[name]) {
  const known = [...new Set([...Object.keys(commands), ...Object.keys(manifest.scripts)])].join(", ");
  fail(`there is no script ${JSON.stringify(name ?? "")}`, `name one of: ${known}`);
}
checkHost();
install();
checkPinnedNode();
const command = [...(commands[name] ?? ["pnpm", "run", name]), ...rest];
say(`Node.js ${pinnedNode}: ${command.join(" ")}`);
run(command);
