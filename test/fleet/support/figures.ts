import { tally } from "../../../packages/core/test/support/calls.ts";
import type { TestContext } from "vitest";
import type { Call } from "./orders.ts";
import type { World } from "./world.ts";

/** What a situation is judged by. */
export interface Figures {
  /** Token requests in the whole fleet. */
  readonly tokenRequests: number;
  /** The most that one worker sent. */
  readonly mostByOneWorker: number;
  /** How often calls ended in each way. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Milliseconds that the unluckiest call waited for its token, without the stalls of its process. */
  readonly worstWait: number;
  /** The same with them. */
  readonly worstWaitWithStalls: number;
  /** Calls whose token was issued while they waited. */
  readonly waitedForIssue: number;
  /** Calls of the shared cache that failed or ran out of time. */
  readonly cacheFailures: number;
  /** Milliseconds of the longest time in which a worker, or the servers, did not get to run: the machine's part. */
  readonly worstStall: number;
}

/** Adds up what became of `calls`, with the token requests from number `from` on, and prints it. */
export async function figuresOf(
  { asked, order, stalls }: World,
  calls: readonly (readonly Call[])[],
  from = 0,
): Promise<Figures> {
  const all = calls.flat();
  const requests = asked.slice(from);
  const reports = await order("report", undefined);
  const figures: Figures = {
    tokenRequests: requests.length,
    mostByOneWorker: highest(Object.values(tally(requests.map(({ worker }) => worker)))),
    outcomes: tally(all.map(({ outcome }) => outcome)),
    worstWait: highest(all.map(({ waited, stalled }) => waited - stalled)),
    worstWaitWithStalls: highest(all.map(({ waited }) => waited)),
    waitedForIssue: all.filter(({ waitedForIssue }) => waitedForIssue).length,
    cacheFailures: reports.flatMap(({ cacheFailures }) => cacheFailures).length,
    worstStall: highest([stalls.worst(), ...reports.map(({ stall }) => stall)]),
  };
  console.info(JSON.stringify(figures));
  return figures;
}

/** A renewal has 300 ms at least, and a process has to run to use them. */
const bearableStall = 300;

/**
 * Skips what is left of a test if the machine kept the fleet from running: how long calls wait then says nothing
 * about what they wait for.
 */
export function skipIfBusy({ skip }: TestContext, ...figures: Figures[]): void {
  const stall = highest(figures.map(({ worstStall }) => worstStall));
  skip(stall > bearableStall, `A process stood still for ${stall} ms: too busy to tell how long calls wait.`);
}

function highest(values: readonly number[]): number {
  return Math.round(Math.max(0, ...values));
}
