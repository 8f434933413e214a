import type { AccessToken } from "../access-token.ts";
import type { Clock } from "../clock.ts";
import { calm, coolDown } from "./back-off.ts";
import type { Lifetime } from "./lifetime.ts";

/** A token in this process, with what decides about its use. */
export interface HeldToken {
  readonly token: AccessToken;
  readonly lifetime: Lifetime;
  /** When its request was sent, by both clocks. */
  readonly requestedAt: Instant;
  /** When it was obtained, by both clocks. */
  readonly obtainedAt: Instant;
  /** How many rejected tokens in a row it follows. */
  readonly replacements: number;
  /** The age from which a use does more than hand it out, in milliseconds: its renewal, or a look at the shared cache. */
  checkAt: number;
  /** An API refused it; its replacement is on the way. */
  rejected: boolean;
}

/** One moment by the wall clock and by the monotonic clock. */
export interface Instant {
  readonly wall: number;
  readonly monotonic: number;
}

export function instant(clock: Clock): Instant {
  return { wall: clock.now(), monotonic: clock.monotonic() };
}

/**
 * Milliseconds since `moment`: the larger of both clocks' answers. The monotonic clock stands still while a
 * machine sleeps, and the wall clock can be set back; taken together they never make a token younger than it is.
 */
export function since(moment: Instant, clock: Clock): number {
  return Math.max(clock.now() - moment.wall, clock.monotonic() - moment.monotonic);
}

/** Whether the token is past its usable time. */
export function isLate(held: HeldToken, clock: Clock): boolean {
  return since(held.requestedAt, clock) >= held.lifetime.usable;
}

/** Milliseconds until the token ends; zero and less, when it has. */
export function timeLeft(held: HeldToken | undefined, clock: Clock): number {
  return held === undefined ? 0 : held.lifetime.end - since(held.requestedAt, clock);
}

/** Whether a rejection of this token has to wait, because it replaced a rejected one a short while ago. */
export function isCoolingDown(held: HeldToken, clock: Clock): boolean {
  return since(held.obtainedAt, clock) < coolDown(held.replacements);
}

/** The number of replacements that the successor of `previous` carries. A calm life ends the series. */
export function countReplacements(previous: HeldToken | undefined, clock: Clock): number {
  if (previous === undefined) return 0;
  const series = since(previous.obtainedAt, clock) < calm ? previous.replacements : 0;
  return previous.rejected ? series + 1 : series;
}
