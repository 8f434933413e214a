import { getHeapStatistics } from "node:v8";

/** @throws if this process was started without `--expose-gc` */
export function collectGarbage(type: "minor" | "major"): void {
  if (gc === undefined) throw new Error("start Node.js with --expose-gc");
  gc({ type });
}

/** Bytes in use on the heap and beside it. */
export function bytesInUse(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** Bytes in use, when all that can be collected is gone: finalizers need turns of the event loop. */
export async function bytesKept(): Promise<number> {
  for (let turn = 0; turn < 4; turn++) {
    collectGarbage("major");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return bytesInUse();
}
