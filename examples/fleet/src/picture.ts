import type { Scene } from "./scene.ts";

/** The last second, and all that has been counted so far, in a line. */
export function figuresOf({ authorizationServer, fleet }: Scene): string {
  const { calls, renewals } = fleet;
  const aSecondAgo = performance.now() - 1_000;
  const lately = calls.length - 1 - calls.findLastIndex(({ at }) => at < aSecondAgo);
  const failed = calls.filter(({ problem }) => problem !== undefined).length;
  return [
    `${String(lately).padStart(4)} calls/s`,
    `token requests ${authorizationServer.tokenRequests.length}`,
    `renewals ${renewals["token-endpoint"]}, taken over ${renewals["shared-cache"]}`,
    `failed calls ${failed}`,
  ].join("   ");
}

/** Which token each process was last served with, by the number that the API gave it. */
export function tokensInUse({ api, fleet }: Scene): string {
  return Array.from({ length: fleet.size }, (_, worker) => api.lastServed.get(worker)?.token ?? "–")
    .map((token) => String(token).padStart(2))
    .join(" ");
}
