import type { Clock } from "../clock.ts";
import type { SharedSubject } from "../options/shared-tokens.ts";
import { since, type HeldToken } from "../policy/held-token.ts";

/** Any that lives, where there is none; else another, not yet due; after a rejection also no older one. */
export function isFit({ held, client }: SharedSubject, found: HeldToken): boolean {
  if (held === undefined) return true;
  const age = since(found.requestedAt, client.clock);
  if (held.token.accessToken === found.token.accessToken || age >= found.lifetime.usable) return false;
  return held.rejected ? !isOlder(found, held) : age < found.lifetime.due;
}

/** Whether one token was asked for before the other. When they end says nothing: lives differ. */
export function isOlder(one: HeldToken, other: HeldToken): boolean {
  return one.requestedAt.wall < other.requestedAt.wall;
}

/** Has the first use after `interval` milliseconds look at the shared cache, if the renewal is not due before. */
export function watch(held: HeldToken, interval: number, clock: Clock): void {
  held.checkAt = Math.min(held.lifetime.due, since(held.requestedAt, clock) + interval);
}
