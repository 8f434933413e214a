import type { ClientInternals } from "../client.ts";
import { TokenClientError } from "../errors.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import { judgeDestination, originOf } from "../policy/destination.ts";

/**
 * Whether a client's token may go along with a request; says so where it may not, and refuses where it must not.
 * @throws TokenClientError for a connection that is not encrypted, and with `strictOrigins` for foreign origins
 */
export function mayGo(
  url: string,
  own: readonly string[] | undefined,
  client: string,
  inner: ClientInternals | undefined,
  settings: ResolvedClient | undefined,
): boolean {
  const destination = judgeDestination(url, own);
  if (destination === "own") return true;
  const origin = originOf(url) ?? "an unknown origin";
  const refuse = (why: string): never => {
    throw new TokenClientError(
      `its token does not go to ${origin}, ${why}: if it belongs there, list it in origins.`,
      { client, code: "ERR_TOKEN_ORIGIN" },
    );
  };
  if (destination === "insecure") return refuse("which is not encrypted");
  if (destination === "unguarded") {
    if (inner?.firstUnguarded() === true) inner.emit({ type: "origin-unguarded", client });
    return true;
  }
  if (settings?.strictOrigins === true) return refuse("which is not its own");
  inner?.emit({ type: "token-withheld", client, origin });
  return false;
}
