import type { HeaderReader, Redirect, Route } from "../access-token.ts";

/** What tells who the client is, and what describes a body. */
const credentials = ["authorization", "dpop", "cookie", "proxy-authorization"];
const content = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
];

/** The next step of a redirect, as `fetch` takes it. */
export function redirectOf(
  { method, url, redirects, withBody }: Route,
  status: number,
  header: HeaderReader,
  canResend: boolean,
): Redirect | undefined {
  const location = header("location") ?? "";
  if (![301, 302, 303, 307, 308].includes(status) || location === "" || redirects === 0) return undefined;
  if (!URL.canParse(location, url)) return undefined;
  const target = new URL(location, url);
  if (!/^https?:$/.test(target.protocol) || target.username !== "" || target.password !== "")
    return undefined;

  const dropsBody = status === 303 ? !/^(GET|HEAD)$/i.test(method) : status < 303 && /^POST$/i.test(method);
  if (!dropsBody && !canResend) return undefined;
  const leaves = target.origin !== new URL(url).origin;
  return {
    method: dropsBody ? "GET" : method,
    url: target.href,
    redirects: redirects - 1,
    moved: true,
    withBody: withBody && !dropsBody,
    leaves,
    without: [...(dropsBody ? content : []), ...(leaves ? credentials : [])],
  };
}
