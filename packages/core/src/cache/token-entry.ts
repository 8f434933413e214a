import { createAccessToken, isTokenSyntax, proofKey, type ProofKey } from "../access-token.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import type { CacheEntry } from "../options/token-cache.ts";
import { instant, type HeldToken, type Instant } from "../policy/held-token.ts";
import { planLifetime, readExpiresIn } from "../policy/lifetime.ts";

/** The layout of token entries; others are misses. */
const version = 1;

/** Writes an entry. It repeats the key's digest, so that a clash of custom keys is a miss. */
export function encodeToken(held: HeldToken, digest: string): CacheEntry {
  const { token, lifetime, obtainedAt, replacements } = held;
  const key = token[proofKey];
  return {
    kind: "token",
    expiresAt: token.expiresAt,
    version,
    digest,
    accessToken: token.accessToken,
    tokenType: token.tokenType,
    ...(key === undefined ? {} : { jkt: key.thumbprint }),
    scope: token.scope ?? null,
    clientId: token.clientId,
    lifetime: lifetime.end / 1000,
    refreshIn: lifetime.refreshIn ?? null,
    obtainedAt: obtainedAt.wall,
    replacements,
  };
}

/**
 * Reads an entry strictly: whatever is not exactly a live token of this key is a miss, and so is one that is bound to
 * another key than `bound`, or to none. Its moments are by another
 * machine's wall clock, so its age is taken from what it has left to live; it is never younger than just requested.
 * When its renewal falls due each process decides for itself, by its own buffer and by chance.
 */
export function decodeToken(
  entry: CacheEntry | undefined,
  digest: string,
  { clock, cacheLifetimeBuffer }: Pick<ResolvedClient, "clock" | "cacheLifetimeBuffer">,
  bound?: ProofKey,
): HeldToken | undefined {
  if (entry?.kind !== "token" || entry["version"] !== version || entry["digest"] !== digest) return undefined;
  const { expiresAt, accessToken, scope, clientId, obtainedAt, replacements } = entry;
  const { lifetime: seconds, refreshIn } = entry;
  const tokenType = bound === undefined ? "Bearer" : "DPoP";
  const now = instant(clock);
  if (
    !isTokenSyntax(accessToken) ||
    entry["tokenType"] !== tokenType ||
    entry["jkt"] !== bound?.thumbprint ||
    (typeof scope !== "string" && scope !== null) ||
    typeof clientId !== "string" ||
    !isAmount(seconds) ||
    seconds !== readExpiresIn(seconds) ||
    (!isAmount(refreshIn) && refreshIn !== null) ||
    !isAmount(expiresAt) ||
    !isAmount(obtainedAt) ||
    !isAmount(replacements) ||
    expiresAt <= now.wall
  ) {
    return undefined;
  }
  const lifetime = planLifetime(seconds, cacheLifetimeBuffer, refreshIn ?? undefined, Math.random());
  const age = Math.max(0, lifetime.end - (expiresAt - now.wall));
  const held = Math.min(age, Math.max(0, now.wall - obtainedAt));
  return {
    token: createAccessToken({
      accessToken,
      tokenType,
      // Its writer's clock may be ahead.
      expiresAt: Math.min(expiresAt, Math.floor(now.wall + lifetime.end)),
      scope: scope ?? undefined,
      clientId,
      key: bound,
    }),
    lifetime,
    requestedAt: ago(now, age),
    obtainedAt: ago(now, held),
    replacements,
    checkAt: lifetime.due,
    rejected: false,
  };
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}

function ago(now: Instant, age: number): Instant {
  return { wall: now.wall - age, monotonic: now.monotonic - age };
}
