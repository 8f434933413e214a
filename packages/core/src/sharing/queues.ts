/** Has work of one name go one after another. */
export type Queue = <T>(name: string, work: () => Promise<T>) => Promise<T>;

export function createQueues(): Queue {
  /** The ends of all queues that are not empty. */
  const ends = new Map<string, Promise<void>>();
  return (name, work) => {
    const turn = ends.get(name) ?? Promise.resolve();
    const result = turn.then(work);
    const end = result.then(
      () => leave(),
      () => leave(),
    );
    const leave = (): void => {
      if (ends.get(name) === end) ends.delete(name);
    };
    ends.set(name, end);
    return result;
  };
}
