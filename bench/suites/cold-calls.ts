import { createTokenManager } from "@client-token/core";
import { createStubTokenEndpoint } from "../harness/stub-token-endpoint.ts";
import { takeTurns } from "../harness/turns.ts";
import type { Suite } from "./suite.ts";

/** Many calls at once that find no token: nanoseconds per call, and the token requests of each time. */
export const coldCalls: Suite = async ({ cold }, backwards) => {
  let mostRequests = 0;
  const callAtOnce = async (calls: number): Promise<number> => {
    const endpoint = createStubTokenEndpoint();
    await using tokens = createTokenManager({
      clients: { invoices: { tokenEndpoint: "https://sts.company.com/token", clientId: "invoices" } },
      httpClient: endpoint.httpClient,
    });
    const invoices = tokens.client("invoices");
    const got = await Promise.all(Array.from({ length: calls }, () => invoices.getToken()));
    mostRequests = Math.max(mostRequests, endpoint.count());
    return got.filter((token) => token === got[0]).length;
  };
  const times = await takeTurns({ coldCall: callAtOnce }, cold, backwards);
  return { ...times, callers: cold.calls, tokenRequests: mostRequests };
};
