// A fleet of processes that share one token, and what becomes of it when things break. In the end all that was
// seen is compared with what client-token promises.

import { readOptions, usage, type Options } from "./options.ts";
import { run } from "./run.ts";
import { breachesOf, tableOf } from "./table.ts";
import { deadline } from "./timing.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // For good: what the live view is drawn with ends a process where nobody else listens.
  process.on(signal, () => stop.abort(new Error(`Stopped by ${signal}.`)));
}
const print = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) print(usage);
  else process.exitCode = await report(options);
} catch (error) {
  // What ended everything says more than the waits that it cut off.
  const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
  process.stderr.write(`${reason instanceof Error ? reason.message : String(reason)}\n`);
  process.exitCode = 1;
}

/** @returns the exit code */
async function report(options: Options): Promise<number> {
  const { verdicts, lateness } = await run(options, stop);
  const broken = breachesOf(verdicts);
  for (const line of ["", ...tableOf(verdicts), "", ...broken]) print(line);
  if (broken.length === 0) {
    print("All promises were kept.");
    return 0;
  }
  print(`\nBroken promises: ${broken.length}.`);
  if (lateness > deadline / 2) {
    print(`It may be this machine's fault: it did things up to ${(lateness / 1_000).toFixed(1)} s late.`);
  }
  return 1;
}
