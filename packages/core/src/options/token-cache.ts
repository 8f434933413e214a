/**
 * One entry of a shared cache: plain JSON data that core makes and checks. Stores keep every field, also those
 * they do not know.
 */
export interface CacheEntry {
  /** A token; the mark of a deletion; the mark of a failed token request. */
  readonly kind: "token" | "tombstone" | "failure";
  /** Until when the entry is kept, in epoch milliseconds. */
  readonly expiresAt: number;
  readonly [field: string]: unknown;
}

/** The exclusive right to ask the token endpoint for one key, for a while. */
export interface Lease {
  /** Gives it back, if it is still ours (compare-and-delete). */
  release(): Promise<void>;
}

/** What one call of a {@link TokenCache} may be told. */
export interface CacheCallOptions {
  /** Aborted when core no longer waits. Core keeps its own deadline either way. */
  readonly signal?: AbortSignal | undefined;
}

/** A cache that a fleet of processes shares. */
export interface TokenCache {
  /** The entry of `key`, `undefined` if there is none. Rejects on a fault. */
  get(key: string, options?: CacheCallOptions): Promise<CacheEntry | undefined>;
  /** Keeps `entry` until `entry.expiresAt`. Rejects unless it is stored. */
  set(key: string, entry: CacheEntry, options?: CacheCallOptions): Promise<void>;
  /**
   * Takes the lease of `key` for `duration` milliseconds, in one atomic step; `undefined` if somebody else
   * holds it. Leave it out where the store knows no such step.
   */
  acquireLease?(key: string, duration: number, options?: CacheCallOptions): Promise<Lease | undefined>;
}

/** What a cache key is made of; everything that shapes the token. */
export interface CacheKeyParts {
  /** The client's registered name. */
  readonly client: string;
  /** The token endpoint, or the issuer of a client that names one. */
  readonly tokenEndpoint: string;
  /** The OAuth client id. */
  readonly clientId: string;
  /** Scopes, as a sorted set. */
  readonly scope: readonly string[];
  /** Resource indicators, as a sorted set. */
  readonly resource: readonly string[];
  /** Extra form fields, sorted by name. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** The key that core would use: prefix, name and digest. */
  readonly defaultKey: string;
}
