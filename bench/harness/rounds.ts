import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readFigures, type Result, type Round } from "../report/results.ts";
import { describeMachine } from "./machine.ts";
import { scales, type ScaleName } from "./scale.ts";

const program = fileURLToPath(new URL("../round.ts", import.meta.url));

/** Runs all rounds of a suite, every second one in the opposite order. */
export async function measure(suite: string, scale: ScaleName, code: Result["code"]): Promise<Result> {
  const machine = describeMachine();
  const rounds: Round[] = [];
  for (let number = 1; number <= scales[scale].rounds; number++) {
    console.error(`${suite}: round ${number} of ${scales[scale].rounds}`);
    const order = number % 2 === 1 ? "forward" : "backward";
    rounds.push({ order, figures: await runRound(suite, scale, order, code) });
  }
  return { suite, date: new Date().toISOString().slice(0, 10), machine, code, scale, rounds };
}

async function runRound(
  suite: string,
  scale: ScaleName,
  order: Round["order"],
  code: Result["code"],
): Promise<Round["figures"]> {
  const child = fork(program, [suite, scale, order], {
    execArgv: ["--expose-gc", ...(code === "source" ? ["--conditions=@client-token/source"] : [])],
  });
  let figures: unknown;
  child.on("message", (message) => {
    figures = message;
  });
  const status = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (status !== 0) throw new Error(`${suite}: the round failed, see above`);
  return readFigures(figures);
}
