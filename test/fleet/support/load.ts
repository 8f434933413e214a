import type { Call } from "./orders.ts";
import type { World } from "./world.ts";

/** Calls from all workers, ten a second each, while `during` runs. */
export async function underLoad(
  { order }: World,
  during: () => Promise<unknown>,
): Promise<readonly (readonly Call[])[]> {
  await order("startLoad", 10);
  await during();
  return order("stopLoad", undefined);
}
