import { pause } from "./time.ts";

/** The rejections that nobody handles while `work` goes on, and a moment longer. */
export async function unhandledWhile(work: () => Promise<unknown>): Promise<readonly unknown[]> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    await work();
    await pause(5);
  } finally {
    process.off("unhandledRejection", note);
  }
  return unhandled;
}
