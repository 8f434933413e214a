import type { Run } from "./promises.ts";
import type { Phase, TokenSource } from "./timeline.ts";

/** The run in a few lines. */
export function summarise({ calls, tokenRequests }: Run): string[] {
  const requestsIn = (phase: Phase): number =>
    calls.filter((call) => call.phase === phase).flatMap((call) => call.tokenRequests).length;
  const callsWith = (source: TokenSource): number =>
    calls.filter(({ tokenFrom }) => tokenFrom === source).length;
  const served = calls.filter(({ problem }) => problem === undefined).length;
  return [
    `calls                ${calls.length}, of which ${served} were served`,
    `token requests       ${tokenRequests.length}`,
    `  first calls        ${requestsIn("first calls")}, one for each client and scope`,
    `  after revocation   ${requestsIn("revocation")}`,
    `  at expiry          ${requestsIn("expiry")}`,
    `tokens found         ${callsWith("this process")} in this process, ${callsWith("shared cache")} in the shared cache`,
  ];
}
