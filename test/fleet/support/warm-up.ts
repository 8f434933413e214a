import { startWorker } from "./worker-process.ts";

/** Has one worker compile what the others then find: twenty of them at once would each compile it for themselves. */
export async function setup(): Promise<void> {
  const worker = startWorker(0, 0);
  await worker.order("close", undefined);
  await worker.end();
}
