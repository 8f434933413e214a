import type { Command, Input, Output } from "./orders.ts";
import { startWorker, type Worker } from "./worker-process.ts";

/** A number of workers. */
export interface Fleet {
  readonly workers: readonly Worker[];
  /** Gives the same order to all that live, at once. */
  readonly order: <C extends Command>(command: C, input: Input<C>) => Promise<Output<C>[]>;
  /** Ends them all. @throws AggregateError if some have ended before, other than by `kill` */
  readonly close: () => Promise<void>;
}

/** @param skewOf - by how many milliseconds a worker's wall clock is wrong */
export function startFleet(size: number, skewOf: (worker: number) => number = () => 0): Fleet {
  const workers = Array.from({ length: size }, (_, index) => startWorker(index, skewOf(index)));
  return {
    workers,
    order: (command, input) =>
      Promise.all(workers.filter(({ killed }) => !killed()).map((worker) => worker.order(command, input))),
    async close() {
      const ended = await Promise.allSettled(workers.map((worker) => worker.end()));
      const crashed = ended.flatMap((one): unknown[] => (one.status === "rejected" ? [one.reason] : []));
      if (crashed.length > 0) throw new AggregateError(crashed, `${crashed.length} workers crashed.`);
    },
  };
}
