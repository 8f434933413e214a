import type { AuthorizationServer } from "./authorization-server.ts";
import type { Fleet } from "./fleet.ts";
import type { InvoicesApi } from "./invoices-api.ts";

/** What a picture is made of. */
export interface Sight {
  readonly authorizationServer: Pick<AuthorizationServer, "tokenRequests">;
  readonly api: Pick<InvoicesApi, "lastServed">;
  readonly fleet: Pick<Fleet, "size" | "calls" | "renewals">;
}

/** The last second, and all that has been counted so far, in a line. */
export function figuresOf({ authorizationServer, fleet }: Sight): string {
  const { calls, renewals } = fleet;
  const aSecondAgo = performance.now() - 1_000;
  const lately = calls.length - 1 - calls.findLastIndex(({ at }) => at < aSecondAgo);
  const failed = calls.filter(({ problem }) => problem !== undefined).length;
  return [
    `${String(lately).padStart(4)} calls/s`,
    `token requests ${authorizationServer.tokenRequests.length}`,
    `renewals ${renewals["token-endpoint"]}, taken over ${renewals["shared-cache"]}`,
    `failed ${failed}`,
  ].join("  ");
}

/** Which token each process was last served with, by the number that the API gave it. */
export function tokensInUse({ api, fleet }: Sight): string {
  return Array.from({ length: fleet.size }, (_, worker) => api.lastServed.get(worker)?.token ?? "–")
    .map((token) => String(token).padStart(2))
    .join(" ");
}
