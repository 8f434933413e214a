/** How often it is seen whether this process runs, in milliseconds. */
const pulse = 10;

/** Milliseconds that work takes, without the time in which a busy machine kept this process from running. */
export async function timed<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly took: number }> {
  const begin = performance.now();
  let last = begin;
  let lost = 0;
  const look = (): void => {
    const now = performance.now();
    if (now - last > 2 * pulse) lost += now - last - pulse;
    last = now;
  };
  const timer = setInterval(look, pulse);
  try {
    const result = await work();
    look();
    return { result, took: last - begin - lost };
  } finally {
    clearInterval(timer);
  }
}
