/** A value that can be kept; the hot path sets `used`, and nothing more. */
export interface Kept {
  used: boolean;
  /** Set when the map lets go of the value: whoever holds it looks it up again. */
  gone: boolean;
}

/** A map that holds at most `limit` values. */
export interface BoundedMap<V extends Kept> {
  readonly size: number;
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  entries(): Iterable<[key: string, value: V]>;
}

/**
 * Lets go of roughly the least recently used: the oldest value leaves unless it was used since it was last
 * looked at, and then it gets a second chance at the end of the line. Constant time on average.
 */
export function createBoundedMap<V extends Kept>(limit: number): BoundedMap<V> {
  const values = new Map<string, V>();
  const remove = (key: string): void => {
    const value = values.get(key);
    if (value !== undefined) value.gone = true;
    values.delete(key);
  };
  return {
    get size() {
      return values.size;
    },
    get(key) {
      const value = values.get(key);
      if (value !== undefined) value.used = true;
      return value;
    },
    set(key, value) {
      remove(key);
      for (const [oldest, candidate] of values) {
        if (values.size < limit) break;
        if (candidate.used) {
          candidate.used = false;
          values.delete(oldest);
          values.set(oldest, candidate);
        } else {
          remove(oldest);
        }
      }
      values.set(key, value);
    },
    delete: remove,
    entries: () => values.entries(),
  };
}
