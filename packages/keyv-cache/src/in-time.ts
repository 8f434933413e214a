/** What becomes of `work` within `limit` milliseconds, and else of `late`. What becomes of it later is handled. */
export async function inTime<T>(work: Promise<T>, limit: number, late: () => T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limit);
  });
  return Promise.race([work, end.then(late)]).finally(() => clearTimeout(timer));
}
