import type { CacheEntry } from "@client-token/core";
import type { KeyvLike } from "@client-token/keyv-cache";
import { Keyv as Keyv5 } from "keyv";
import { Keyv as Keyv6 } from "keyv-6";
import { encodeEntry } from "../../src/entry.ts";
import { wrap } from "../../src/stored-value.ts";

/** A store as Keyv knows them. */
export interface Store {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, ttl?: number): Promise<unknown>;
  delete(key: string): Promise<boolean>;
  clear(): Promise<void>;
}

/** Both Keyvs write a key into a store as it is, and with the same namespace as the same key. */
export const majors = [
  {
    name: "Keyv 5",
    inMemory: (): KeyvLike => new Keyv5(),
    over: (store: Store, namespace?: string): KeyvLike & Emitter =>
      new Keyv5({ store, useKeyPrefix: false, ...(namespace === undefined ? {} : { namespace }) }),
  },
  {
    name: "Keyv 6",
    inMemory: (): KeyvLike => new Keyv6(),
    over: (store: Store, namespace?: string): KeyvLike & Emitter =>
      new Keyv6({ store, ...(namespace === undefined ? {} : { namespace }) }),
  },
] as const;

export type Major = (typeof majors)[number];

interface Emitter {
  emit(event: string, ...details: unknown[]): unknown;
}

/** A value as Keyv puts it into a store. */
export function kept(entry: CacheEntry, writtenAt: number = Date.now()): string {
  return JSON.stringify({ value: wrap(encodeEntry({ writtenAt, entry })) });
}

/** A store that works, and keeps what it is given for ever. */
export interface OpenStore extends Store {
  /** What it holds, in Keyv's own envelope; tests plant here. */
  readonly values: Map<string, unknown>;
  /** The times to live that it was told, in milliseconds. */
  readonly ttls: readonly unknown[];
}

export function createStore(): OpenStore {
  const values = new Map<string, unknown>();
  const ttls: unknown[] = [];
  return {
    values,
    ttls,
    get: async (key) => values.get(key),
    async set(key, value, ttl) {
      ttls.push(ttl);
      values.set(key, value);
    },
    delete: async (key) => values.delete(key),
    clear: async () => values.clear(),
  };
}
