import { nameOf } from "./error-name.ts";
import { marker } from "./stored-value.ts";

/** What this package uses of Keyv: 5, 6, or anything that behaves alike. */
export interface KeyvLike {
  get(key: string): Promise<unknown>;
  /** Preferred to `get` where it exists: Keyv 5 lets a store's rejection pass as a miss in `get` alone. */
  getRaw?(key: string): Promise<unknown>;
  /** @param ttl - milliseconds */
  set(key: string, value: string, ttl: number): Promise<unknown>;
  on(event: "error", listener: (error: unknown) => void): unknown;
}

/** Keyv, as far as it can be told what became of a call. */
export interface KeyvStore {
  /** `undefined` is a miss. Rejects on a fault. */
  read(key: string): Promise<unknown>;
  /** Rejects where Keyv says that it failed; that it does not say so proves nothing. */
  write(key: string, value: string, ttl: number): Promise<void>;
}

/** Milliseconds for which an error that was heard explains those that come after it. */
const explainsFor = 60_000;

/** What was said of an error, and when. */
interface Heard {
  readonly said: string;
  readonly at: number;
}

/** The errors that a Keyv has told its listeners, and nobody else. */
interface Faults {
  count: number;
  last: unknown;
  /** The last few that differ, newest first: a store tells of its calls as well as of its connection. */
  heard: readonly Heard[];
}

const faultsOfKeyvs = new WeakMap<KeyvLike, Faults>();

/** Makes the errors that Keyv only reports as events the failures of the calls that they fell into. */
export function keyvStore(keyv: KeyvLike): KeyvStore {
  const faults = faultsOf(keyv);
  return {
    async read(key) {
      const before = faults.count;
      let value: unknown;
      try {
        value = keyv.getRaw === undefined ? await keyv.get(key) : valueIn(await keyv.getRaw(key));
      } catch (error) {
        // So Keyv 5 rejects what it cannot decode: the first for text that is no JSON, the second for `null`.
        if (!isUnreadable(error)) throw faultOf(error, faults);
      }
      if (value === undefined && faults.count > before) throw faultOf(faults.last, faults);
      return value;
    },
    async write(key, value, ttl) {
      const before = faults.count;
      let taken: unknown;
      try {
        taken = await keyv.set(key, value, ttl);
      } catch (error) {
        throw faultOf(error, faults);
      }
      if (faults.count > before) throw faultOf(faults.last, faults);
      if (taken === false) throw faultOf("it did not take the entry", faults);
    },
  };
}

/** A `fetch` that failed inside of a store is a TypeError, too, and has a cause. */
function isUnreadable(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof TypeError && error.cause === undefined);
}

/** Keyv's own envelope is around ours. */
function valueIn(raw: unknown): unknown {
  return typeof raw === "object" && raw !== null && "value" in raw ? raw.value : undefined;
}

/**
 * One listener for each Keyv, for as long as it lives. Without any, Keyv 6 throws the error of a dropped
 * connection at the process.
 */
function faultsOf(keyv: KeyvLike): Faults {
  const known = faultsOfKeyvs.get(keyv);
  if (known !== undefined) return known;
  const faults: Faults = { count: 0, last: undefined, heard: [] };
  keyv.on("error", (error) => {
    // So Keyv 6 reports what it cannot decode: a miss, and no fault of the store.
    if (error instanceof SyntaxError) return;
    faults.count++;
    faults.last = error;
    // Clients that were closed while they connect stumble over themselves, and that explains nothing.
    if (isUnreadable(error)) return;
    const said = saidBy(error);
    const others = faults.heard.filter((one) => one.said !== said);
    faults.heard = [{ said, at: performance.now() }, ...others].slice(0, 4);
  });
  faultsOfKeyvs.set(keyv, faults);
  return faults;
}

/** Calls fail with as little as "The client is offline", and why that is was only heard. */
function faultOf(error: unknown, { heard }: Faults): Error {
  const message = saidBy(error);
  const now = performance.now();
  const causes = heard
    .filter(({ said, at }) => said !== message && now - at < explainsFor)
    .map(({ said }) => said);
  // A time-out explains little: a client that is refused may go on trying until its time is over.
  const known = new Set([causes[0], causes.find((said) => !/timed?[ -]?out/i.test(said))]);
  const told = [...known].filter((said) => said !== undefined).join(", before that: ");
  const reason = told === "" ? "" : ` (last heard: ${told})`;
  return new Error(`The shared cache failed: ${message}${reason}`);
}

/**
 * A store's error may quote what it was to store: its message ends where that begins, and its other properties
 * stay behind. Errors of several attempts to connect have no message of their own.
 */
function saidBy(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [said] = message.split(marker, 1);
  return said || nameOf(error);
}
