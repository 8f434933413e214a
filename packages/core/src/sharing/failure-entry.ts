import type { CacheEntry } from "../options/token-cache.ts";

/** The layout of failure markers; others are misses. */
const version = 1;

/** No marker stands longer, whatever it says, in milliseconds: one of an answer, and one of none. */
const longestPeriod = 30_000;
export const longestSilence = 1000;

/** What one process tells the others of its failed token request. No secret, no word of the server's. */
export interface SharedFailure {
  readonly id: string;
  /** Which process wrote it. */
  readonly writer: string;
  /** How long the token endpoint is left alone, in milliseconds. */
  readonly period: number;
  /** Failures in a row. */
  readonly count: number;
  /** The HTTP status of the answer; `null`: there was none. */
  readonly status: number | null;
  /** The OAuth error code, if there was one. */
  readonly error: string | null;
  /** Enough to answer callers with: an answer, or two processes that got none. */
  readonly confirmed: boolean;
}

export function encodeFailure(failure: SharedFailure, digest: string, now: number): CacheEntry {
  return { kind: "failure", expiresAt: Math.ceil(now + failure.period), version, digest, ...failure };
}

/** Reads a marker strictly, and how long it still stands by this machine's wall clock: at most its period. */
export function decodeFailure(
  entry: CacheEntry | undefined,
  digest: string,
  now: number,
): { readonly failure: SharedFailure; readonly left: number } | undefined {
  if (entry?.kind !== "failure" || entry["version"] !== version || entry["digest"] !== digest) {
    return undefined;
  }
  const { id, writer, period, count, status, error, confirmed, expiresAt } = entry;
  if (
    !isName(id) ||
    !isName(writer) ||
    !isWithin(period, 1, status === null ? longestSilence : longestPeriod) ||
    !isWithin(expiresAt, 0, Infinity) ||
    !isWithin(count, 1, 1_000_000) ||
    !(status === null || status === 429 || isWithin(status, 500, 599)) ||
    !(error === null || isName(error)) ||
    typeof confirmed !== "boolean" ||
    // An answer is an answer.
    (status !== null && !confirmed)
  ) {
    return undefined;
  }
  const failure = { id, writer, period, count, status, error, confirmed };
  return { failure, left: Math.min(period, expiresAt - now) };
}

/** What may stand in a marker as a name. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && /^[\w.-]{1,64}$/.test(value);
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && value >= least && value <= most;
}
