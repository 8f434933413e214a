/** A pause that doubles from `first` up to `most` milliseconds; `count` is 1 for the first pause. */
export function doubling(count: number, first: number, most: number): number {
  return Math.min(most, first * 2 ** Math.min(count - 1, 30));
}

/** How long a refused credential is not tried again, in milliseconds. */
export function refusalPause(count: number): number {
  return doubling(count, 2000, 60_000);
}

/** How long callers are answered with the last failure while no token is there, in milliseconds. */
export function failurePause(count: number, retryAfter: number | undefined): number {
  return retryAfter === undefined ? doubling(count, 500, 5000) : Math.min(Math.max(retryAfter, 500), 30_000);
}

/**
 * How long a failed renewal rests while the old token still serves, in milliseconds: 1, 2, 4 … 30 s with jitter,
 * never past half of what the token has left. The server's wish is a lower bound.
 */
export function renewalPause(
  count: number,
  left: number,
  retryAfter: number | undefined,
  random: number,
): number {
  const pause = doubling(count, 1000, 30_000) * (0.5 + random / 2);
  return Math.min(Math.max(pause, retryAfter ?? 0), left / 2);
}

/** The pause before try `count + 1` of one token request, in milliseconds; the server's wish is a lower bound. */
export function retryPause(count: number, retryAfter: number | undefined, random: number): number {
  return (retryAfter ?? 0) + random * doubling(count, 200, 2000);
}

/** The pause between two looks for the token that another process asks for, in milliseconds, while callers wait. */
export function leasePause(round: number, random: number): number {
  return doubling(round + 1, 25, 100) * (0.5 + random);
}

/** The same while nobody waits: a tenth to a third of the usable time that is left. */
export function renewalLookPause(usableLeft: number, random: number): number {
  return Math.min(1000, Math.max(50, usableLeft * (1 / 10 + (random * 7) / 30)));
}

/** A replacement that was itself rejected is kept this long after it was obtained, in milliseconds. */
export function coolDown(replacements: number): number {
  return replacements === 0 ? 0 : doubling(replacements, 5000, 60_000);
}

/** A replacement that lived this long, in milliseconds, ends a series of rejections. */
export const calm = 60_000;

/** `Retry-After` (RFC 9110 §10.2.3) in milliseconds, from either of its forms. */
export function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const seconds = Number(value);
  const pause = Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
  return Number.isNaN(pause) ? undefined : Math.max(0, pause);
}
