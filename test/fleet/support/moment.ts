/**
 * Milliseconds by the one clock that all processes of a machine share, from any starting point. `Date` will not do:
 * a worker's may be skewed.
 */
export function moment(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
