import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** What a process did, and how long it lived on after its last word, in milliseconds. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
  readonly lingered: number;
}

/** Runs one part of a script in a process of its own, to its end. */
export async function runChild(
  script: URL,
  part: string,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const path = fileURLToPath(script);
  const child = spawn(process.execPath, ["--conditions=@client-token/source", "--no-warnings", path, part], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let lastWord = performance.now();
  child.stdout.on("data", () => {
    lastWord = performance.now();
  });
  const exited = once(child, "exit");
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await exited;
  return { code: child.exitCode, output: output.trim(), errors, lingered: performance.now() - lastWord };
}
