/**
 * What every value begins with: the layout and its version. It makes the value a single string that no serialiser
 * reads anything into; Keyv's own give a meaning to strings that begin with a colon.
 */
export const marker = "client-token/1 ";

/** Longer values are neither written nor parsed. In characters. */
const maxLength = 65_536;

/** @throws Error if the value would be too long */
export function wrap(text: string): string {
  const value = marker + text;
  if (value.length > maxLength) {
    throw new Error(`The cache entry has ${value.length} characters, and the limit is ${maxLength}.`);
  }
  return value;
}

/** The text in what a store gave; `undefined` if that is nothing of ours. */
export function unwrap(value: unknown): string | undefined {
  const isOurs = typeof value === "string" && value.startsWith(marker) && value.length <= maxLength;
  return isOurs ? value.slice(marker.length) : undefined;
}
