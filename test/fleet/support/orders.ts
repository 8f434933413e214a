// What a test can tell a worker to do, and what it hears back. It all travels over IPC: plain data only.

import type { KeyvTokenCacheOptions } from "@client-token/keyv-cache";

/** Token requests say which worker sends them. */
export const workerHeader = "x-worker";
/** Answers of the API say when the token that they were sent was issued, see moment.ts. */
export const issuedAtHeader = "x-token-issued-at";

/** How one worker uses tokens, until it is told otherwise. */
export interface Settings extends Pick<KeyvTokenCacheOptions, "deadline" | "lookInterval"> {
  readonly tokenEndpoint: string;
  readonly api: string;
  /** The URL of a module that exports {@link OpenStore}. @defaultValue redis-store.ts beside this file */
  readonly storeModule?: string;
  /** What that module needs to know; of a Redis its URL. */
  readonly store: unknown;
  /** Whoever has the same one shares tokens and leases. */
  readonly cacheKeyPrefix: string;
  readonly keyv?: 5 | 6;
  /** Names and secrets of the keys that entries are encrypted with; the first one encrypts. */
  readonly encryption?: readonly { readonly id: string; readonly secret: string }[];
  /** Milliseconds for one acquisition. */
  readonly timeout?: number;
  readonly clientSecret?: string;
  /** The token endpoint refuses connections from this worker. */
  readonly unreachable?: boolean;
}

/** One call of the API. */
export interface Call {
  /** When it began, see moment.ts. */
  readonly at: number;
  /** Milliseconds until its end, HTTP included. */
  readonly took: number;
  /** Milliseconds of these that it waited for a token. */
  readonly waited: number;
  /** Milliseconds of these in which the worker did not get to run. */
  readonly stalled: number;
  /** Whether the token it got was issued while it waited. */
  readonly waitedForIssue: boolean;
  /** The status of the API's answer, or the code of the error. */
  readonly outcome: number | string;
}

/** What happened in a worker since it was configured. */
export interface Report {
  /** How many events of each type there were. */
  readonly events: Readonly<Record<string, number>>;
  /** What the manager told about the cache, in order. */
  readonly cacheFailures: readonly string[];
  /** Milliseconds of the longest time since the last report in which the worker did not get to run. */
  readonly stall: number;
}

interface Inputs {
  readonly configure: Settings;
  /** So many calls at once. */
  readonly burst: number;
  /** So many calls a second, evenly, until `stopLoad`. */
  readonly startLoad: number;
  readonly stopLoad: undefined;
  readonly deleteToken: undefined;
  readonly report: undefined;
  /** Drops manager and connection. */
  readonly close: undefined;
}

interface Outputs {
  readonly configure: void;
  readonly burst: readonly Call[];
  readonly startLoad: void;
  readonly stopLoad: readonly Call[];
  readonly deleteToken: void;
  readonly report: Report;
  readonly close: void;
}

export type Command = keyof Inputs;
export type Input<C extends Command> = Inputs[C];
export type Output<C extends Command> = Outputs[C];
export type Commands = { readonly [C in Command]: (input: Input<C>) => Promise<Output<C>> };

/** A command on its way to a worker. */
export interface Order<C extends Command = Command> {
  readonly id: number;
  readonly command: C;
  readonly input: Input<C>;
}

/** What came of the order with this id. */
export type Reply = { readonly id: number } & (
  | { readonly output: Output<Command> }
  | { readonly error: string }
);
