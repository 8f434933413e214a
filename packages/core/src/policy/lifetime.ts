/** What a token's life looks like, in milliseconds since its request was sent. */
export interface Lifetime {
  /** The token ends. */
  readonly end: number;
  /** Until here it is handed out without a second thought. */
  readonly usable: number;
  /** From here a use starts its renewal. */
  readonly due: number;
  /** The server's own wish, in seconds, if it is followed. */
  readonly refreshIn: number | undefined;
}

/** Assumed where the server does not say how long a token lives, in seconds. */
const assumedLifetime = 300;
/** No token is kept longer, whatever its server says, in seconds: one year. */
const longestLifetime = 31_536_000;

/**
 * Reads `expires_in` (RFC 6749 §5.1), in seconds. A number, or a string that is one, counts as it is, with its
 * fraction, up to one year. Missing or unreadable: {@link assumedLifetime}. Zero and less: `undefined`, the
 * server says that the token has already ended.
 */
export function readExpiresIn(value: unknown): number | undefined {
  const seconds = readSeconds(value) ?? assumedLifetime;
  return seconds > 0 ? Math.min(seconds, longestLifetime) : undefined;
}

/** A finite number, or a string that is one. */
export function readSeconds(value: unknown): number | undefined {
  const seconds = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof seconds === "number" && !Number.isNaN(seconds) ? seconds : undefined;
}

/**
 * The lifetime arithmetic. The buffer takes at most half of the life, so that short tokens are cached too.
 * Renewal falls due at 80–90 % of the usable time; a server's `refresh_in` wins if it lies inside the usable
 * time, up to a tenth of it later. Never closer to the request than 5 s or a quarter of the life, whichever is
 * less: some servers repeat the same token until it ends.
 *
 * @param seconds how long the token lives
 * @param buffer seconds taken off its end
 * @param refreshIn the server's own wish, in seconds
 * @param random a number in [0, 1) that spreads processes and tokens
 */
export function planLifetime(
  seconds: number,
  buffer: number,
  refreshIn: number | undefined,
  random: number,
): Lifetime {
  const end = seconds * 1000;
  const usable = end - Math.min(buffer * 1000, end / 2);
  const wish = (refreshIn ?? 0) * 1000;
  const wished = wish > 0 && wish < usable;
  const due = wished ? wish + random * Math.min(usable / 10, usable - wish) : usable * (0.8 + random / 10);
  return {
    end,
    usable,
    due: Math.max(due, Math.min(5000, end / 4)),
    refreshIn: wished ? refreshIn : undefined,
  };
}

/** How long a caller waits for a new token while the old one still lives, in milliseconds. */
export function patience(left: number): number {
  return Math.min(2000, left / 2);
}
