/**
 * Where a request goes, seen from a client: `own`, to one of its origins; `foreign`, elsewhere; `unguarded`,
 * nobody said which origins are its own, and this one is safe to talk to; `insecure`, nobody said, and the token
 * would travel in the clear.
 */
export type Destination = "own" | "foreign" | "unguarded" | "insecure";

/**
 * Judges a URL by a client's own origins, if anybody named some (RFC 6750 §5.3: tokens only to those they are
 * meant for).
 */
export function judgeDestination(url: string, own: readonly string[] | undefined): Destination {
  if (own !== undefined) {
    // The parser would say the same: an origin with a slash behind it is a whole authority.
    if (own.some((origin) => url.startsWith(origin) && url[origin.length] === "/")) return "own";
    const origin = originOf(url);
    return origin !== undefined && own.includes(origin) ? "own" : "foreign";
  }
  if (url.startsWith("https://")) return "unguarded";
  const parsed = parse(url);
  if (parsed === undefined) return "foreign";
  return parsed.protocol === "https:" || isLoopback(parsed.hostname) ? "unguarded" : "insecure";
}

/** The origin of an absolute URL, or of one relative to the page. */
export function originOf(url: string): string | undefined {
  return parse(url)?.origin;
}

/** Literal loopback hosts; no name is looked up. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/**
 * An absolute URL, or one relative to the page.
 * @throws TypeError if it is neither
 */
export function absoluteUrl(url: string): URL {
  return new URL(url, pageUrl());
}

function parse(url: string): URL | undefined {
  return URL.canParse(url, pageUrl()) ? absoluteUrl(url) : undefined;
}

function pageUrl(): string | undefined {
  return (globalThis as { location?: { href?: string } }).location?.href;
}
