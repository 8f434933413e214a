import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** Several runs begin at once, and compile the same. */
const compileCache = fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url));

/** A run of the example as a user starts it: a process of its own, without a terminal. */
export interface FleetRun {
  /** Resolves when it has printed this. */
  readonly shows: (text: string) => Promise<void>;
  readonly stop: () => void;
  readonly ended: Promise<{ readonly code: unknown; readonly output: string }>;
}

/** @param env - variables to add */
export function runFleet(args: readonly string[], env: NodeJS.ProcessEnv = {}): FleetRun {
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const controller = new AbortController();
  let printed = "";
  const ended = new Promise<Awaited<FleetRun["ended"]>>((resolve) => {
    const child = execFile(
      process.execPath,
      ["--conditions=@client-token/source", main, ...args],
      { env: { ...inherited, NODE_COMPILE_CACHE: compileCache, ...env }, timeout: 90_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), output: stdout + stderr });
      },
    );
    child.stdout?.on("data", (text: string) => (printed += text));
    controller.signal.addEventListener("abort", () => child.kill("SIGINT"));
  });
  return {
    shows: async (text) =>
      void (await vi.waitUntil(() => printed.includes(text), { timeout: 60_000, interval: 50 })),
    stop: () => controller.abort(),
    ended,
  };
}

/** A machine that stalls breaks promises. The run says so; then, and only then, another one decides. */
export async function runUndisturbed(args: readonly string[]): Promise<Awaited<FleetRun["ended"]>> {
  const first = await runFleet(args).ended;
  return first.output.includes("this machine's fault") ? runFleet(args).ended : first;
}

/** Verdict and chapter, line by line of the table. */
export function verdictsIn(output: string): string[] {
  return [...output.matchAll(/^(?:kept|BROKEN) +\S+/gm)].map(([line]) => line.replace(/ +/, " "));
}
