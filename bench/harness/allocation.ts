import { bytesInUse, collectGarbage } from "./garbage.ts";
import { median } from "./median.ts";
import type { Batch, Pace } from "./turns.ts";

/**
 * Bytes that one call puts on the heap. Batches are so small that nothing is collected during one: the heap grows
 * by exactly what was allocated. To be called when the batch has run hot.
 */
export async function bytesPerCall(batch: Batch, { warmUp, turns, calls }: Pace): Promise<number> {
  const samples: number[] = [];
  for (let turn = -warmUp; turn < turns; turn++) {
    const looking = await growth(batch, 0);
    const bytes = ((await growth(batch, calls)) - looking) / calls;
    if (turn >= 0) samples.push(bytes);
  }
  return median(samples);
}

async function growth(batch: Batch, calls: number): Promise<number> {
  collectGarbage("minor");
  const before = bytesInUse();
  const outcome = batch(calls);
  if (outcome instanceof Promise) await outcome;
  return bytesInUse() - before;
}
