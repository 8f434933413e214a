import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Command, Input, Order, Output, Reply } from "./orders.ts";

/** A process that runs worker.ts. It ends with this process, however that ends: then its IPC channel closes. */
export interface Worker {
  /** @throws what the command failed with in the worker, or that the worker has ended */
  readonly order: <C extends Command>(command: C, input: Input<C>) => Promise<Output<C>>;
  readonly killed: () => boolean;
  /** SIGKILL: no time for a farewell. */
  readonly kill: () => Promise<void>;
  /** @throws if it has ended before, other than by `kill` */
  readonly end: () => Promise<void>;
}

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

const skewedClock = new URL("skewed-clock.ts", import.meta.url).href;
const program = fileURLToPath(new URL("worker.ts", import.meta.url));
/** What was compiled once starts in a fifth of the time. */
const compileCache = fileURLToPath(new URL("../../../node_modules/.cache/fleet", import.meta.url));

/**
 * @param index - the worker's number
 * @param skew - by how many milliseconds its wall clock is wrong
 */
export function startWorker(index: number, skew: number): Worker {
  const child = fork(program, [String(index)], {
    execArgv: ["--conditions=@client-token/source", `--import=${skewedClock}`],
    env: { ...process.env, CLOCK_SKEW: String(skew), NODE_COMPILE_CACHE: compileCache },
    serialization: "advanced",
  });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let killed = false;
  let fate: Error | undefined;
  const exited = once(child, "exit");
  child.on("exit", (code, signal) => {
    fate = new Error(`Worker ${index} has ended: ${signal ?? `code ${code}`}.`);
    for (const { reject } of waiting.values()) reject(fate);
  });
  child.on("message", (reply: Reply) => {
    const order = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ("error" in reply) order?.reject(new Error(`Worker ${index}: ${reply.error}`));
    else order?.resolve(reply.output);
  });

  return {
    killed: () => killed,
    order: <C extends Command>(command: C, input: Input<C>) =>
      new Promise<Output<C>>((resolve, reject) => {
        if (fate !== undefined) throw fate;
        const order: Order<C> = { id: ++lastId, command, input };
        // A worker answers each command in the command's own type.
        waiting.set(order.id, { resolve: resolve as Waiting["resolve"], reject });
        child.send(order, (error) => {
          if (error !== null) reject(error);
        });
      }),
    async kill() {
      killed = true;
      child.kill("SIGKILL");
      await exited;
    },
    async end() {
      if (killed) return;
      if (fate !== undefined) throw fate;
      child.disconnect();
      await exited;
    },
  };
}
