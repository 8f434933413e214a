import { createAccessToken, isTokenSyntax } from "../access-token.ts";
import type { Clock } from "../clock.ts";
import type { CacheEntry } from "../options/token-cache.ts";
import { instant, type HeldToken, type Instant } from "../policy/held-token.ts";
import type { Lifetime } from "../policy/lifetime.ts";

/** The layout of token entries; others are misses. */
const version = 1;

/** Writes an entry. It repeats the key's digest, so that a clash of custom keys is a miss. */
export function encodeToken(held: HeldToken, digest: string): CacheEntry {
  const { token, lifetime, obtainedAt, replacements } = held;
  return {
    kind: "token",
    expiresAt: token.expiresAt,
    version,
    digest,
    accessToken: token.accessToken,
    tokenType: token.tokenType,
    scope: token.scope ?? null,
    clientId: token.clientId,
    lifetime: { ...lifetime },
    obtainedAt: obtainedAt.wall,
    replacements,
  };
}

/**
 * Reads an entry strictly: whatever is not exactly a live token of this key is a miss. Its moments are by another
 * machine's wall clock, so its age is taken from what it has left to live; it is never younger than just requested.
 */
export function decodeToken(
  entry: CacheEntry | undefined,
  digest: string,
  clock: Clock,
): HeldToken | undefined {
  if (entry?.kind !== "token" || entry["version"] !== version || entry["digest"] !== digest) return undefined;
  const { expiresAt, accessToken, tokenType, scope, clientId, obtainedAt, replacements } = entry;
  const lifetime = readLifetime(entry["lifetime"]);
  const now = instant(clock);
  if (
    !isTokenSyntax(accessToken) ||
    tokenType !== "Bearer" ||
    (typeof scope !== "string" && scope !== null) ||
    typeof clientId !== "string" ||
    lifetime === undefined ||
    !isAmount(expiresAt) ||
    !isAmount(obtainedAt) ||
    !isAmount(replacements) ||
    expiresAt <= now.wall
  ) {
    return undefined;
  }
  const age = Math.max(0, lifetime.end - (expiresAt - now.wall));
  const held = Math.min(age, Math.max(0, now.wall - obtainedAt));
  return {
    token: createAccessToken({ accessToken, tokenType, expiresAt, scope: scope ?? undefined, clientId }),
    lifetime,
    requestedAt: ago(now, age),
    obtainedAt: ago(now, held),
    replacements,
    rejected: false,
  };
}

function readLifetime(value: unknown): Lifetime | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { end, usable, due }: Partial<Record<keyof Lifetime, unknown>> = value;
  return isAmount(end) && isAmount(usable) && isAmount(due) ? { end, usable, due } : undefined;
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}

function ago(now: Instant, age: number): Instant {
  return { wall: now.wall - age, monotonic: now.monotonic - age };
}
