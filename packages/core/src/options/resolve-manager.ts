import { systemClock, type Clock } from "../clock.ts";
import { createClockCorrections, type ClockCorrections } from "../policy/clock-corrections.ts";
import { checker, type Checker } from "./checks.ts";
import type { CacheSettings } from "./client-options.ts";
import type { Fetch } from "./fetch.ts";
import type { ManagerOptions } from "./manager-options.ts";
import type { KnownIssuer } from "./metadata.ts";
import { sharing, type SharedTokenCache } from "./shared-tokens.ts";
import type { CacheKeyParts } from "./token-cache.ts";
import type { TokenEvent } from "./token-event.ts";

/** {@link CacheSettings}, checked and complete. */
export interface ResolvedCacheSettings {
  readonly cache: SharedTokenCache | undefined;
  readonly cacheLifetimeBuffer: number;
  readonly cacheKeyPrefix: string;
  readonly cacheKey: ((parts: CacheKeyParts) => string) | undefined;
}

/** {@link ManagerOptions}, checked and complete; the clients are the registry's. */
export interface ResolvedManager extends ResolvedCacheSettings {
  readonly httpClient: Fetch;
  readonly httpClients: Readonly<Record<string, Fetch>>;
  readonly timeout: number;
  readonly maxKeys: number;
  /** Milliseconds. */
  readonly clientLifetime: number;
  readonly strictOrigins: boolean;
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined;
  readonly clock: Clock;
  readonly clockCorrections: ClockCorrections;
  /** What is known of issuers, by their names. */
  readonly issuers: Map<string, KnownIssuer>;
  readonly onEvent: ((event: TokenEvent) => void) | undefined;
}

export const knownCacheSettings: Record<keyof CacheSettings, 0> = {
  cache: 0,
  cacheLifetimeBuffer: 0,
  cacheKeyPrefix: 0,
  cacheKey: 0,
};

/** A list that the compiler keeps complete. */
const known: Record<keyof ManagerOptions, 0> = {
  ...knownCacheSettings,
  clients: 0,
  resolveClient: 0,
  clientLifetime: 0,
  httpClient: 0,
  httpClients: 0,
  timeout: 0,
  maxKeys: 0,
  strictOrigins: 0,
  waitUntil: 0,
  clock: 0,
  onEvent: 0,
};

const defaults: ResolvedCacheSettings = {
  cache: undefined,
  cacheLifetimeBuffer: 60,
  cacheKeyPrefix: "client-token::",
  cacheKey: undefined,
};

/**
 * Checks a manager's options and fills in the defaults.
 * @throws ConfigurationError that names the option and the fix
 */
export function resolveManager(options: ManagerOptions): ResolvedManager {
  const check = checker("the token manager");
  check.known(options, known);
  check.functions(options, "resolveClient", "httpClient", "waitUntil", "onEvent");
  const { clock = systemClock } = options;
  return {
    ...resolveCacheSettings(options, defaults, check),
    // Looked up at each call, so that a fetch that is patched later is used.
    httpClient: options.httpClient ?? ((input, init) => fetch(input, init)),
    httpClients: options.httpClients ?? {},
    timeout: readTimeout(options.timeout, 10_000, check),
    maxKeys: check.number(
      "maxKeys",
      options.maxKeys,
      100_000,
      1,
      Number.MAX_SAFE_INTEGER,
      "give a positive number.",
    ),
    clientLifetime:
      1000 *
      check.number(
        "clientLifetime",
        options.clientLifetime,
        Infinity,
        1,
        86_400,
        "it is in seconds, from 1 to 86 400.",
      ),
    strictOrigins: options.strictOrigins ?? false,
    waitUntil: options.waitUntil,
    clock,
    clockCorrections: createClockCorrections(clock),
    issuers: new Map(),
    onEvent: options.onEvent,
  };
}

export function resolveCacheSettings(
  options: CacheSettings,
  inherited: ResolvedCacheSettings,
  check: Checker,
): ResolvedCacheSettings {
  const { cache = inherited.cache, cacheKeyPrefix = inherited.cacheKeyPrefix } = options;
  if (cache !== undefined && !(sharing in cache)) {
    check.fail("cache", "cannot be shared: give keyvTokenCache(…), or sharedTokenCache(…) around your own.");
  }
  if (typeof cacheKeyPrefix !== "string" || !/^[\w.:-]{0,64}$/.test(cacheKeyPrefix)) {
    check.fail("cacheKeyPrefix", "has more than 64 characters, or others than A-Z a-z 0-9 . _ : -.");
  }
  check.functions(options, "cacheKey");
  return {
    cache,
    cacheKeyPrefix,
    cacheLifetimeBuffer: check.number(
      "cacheLifetimeBuffer",
      options.cacheLifetimeBuffer,
      inherited.cacheLifetimeBuffer,
      0,
      9_999,
      "it is in seconds, from 0 to 9 999.",
    ),
    cacheKey: options.cacheKey ?? inherited.cacheKey,
  };
}

/** No acquisition may take longer, in milliseconds. */
export const longestTimeout = 600_000;

/** A time limit in milliseconds. */
export function readTimeout(value: unknown, fallback: number, check: Checker): number {
  return check.number(
    "timeout",
    value,
    fallback,
    100,
    longestTimeout,
    "it is in milliseconds, from 100 to 600 000.",
  );
}
