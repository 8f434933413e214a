import { AsyncLocalStorage } from "node:async_hooks";
import { isTokenError, withClientToken, type TokenClient } from "@client-token/core";
import { moment } from "./moment.ts";
import { issuedAtHeader, type Call } from "./orders.ts";
import type { StallMeter } from "./stall-meter.ts";

/** Calls the API, and keeps the time. */
export interface Caller {
  /** Connects to the API, so that the first call is as quick as the others. */
  warmUp(): Promise<void>;
  /** So many calls at once. */
  burst(callers: number): Promise<Call[]>;
  /** So many calls a second, evenly, whether or not earlier ones have ended. */
  startLoad(perSecond: number): void;
  stopLoad(): Promise<Call[]>;
}

/** When a call last began to wait for a token, and how long it has waited in all. */
interface Wait {
  since: number;
  total: number;
  stalled: number;
}

export function createCaller(
  manager: { client(name: "invoices"): TokenClient },
  api: string,
  stalls: StallMeter,
): Caller {
  const currentWait = new AsyncLocalStorage<Wait>();
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const wait = currentWait.getStore();
    const since = moment();
    const stalledBefore = stalls.total();
    if (wait !== undefined) wait.since = since;
    try {
      return await work();
    } finally {
      if (wait !== undefined) {
        wait.total += moment() - since;
        wait.stalled += stalls.total() - stalledBefore;
      }
    }
  };
  const client = manager.client("invoices");
  const invoices = withClientToken({
    ...client,
    getToken: (request) => timed(() => client.getToken(request)),
    rejectToken: (token, request) => timed(() => client.rejectToken(token, request)),
  })(fetch);

  const call = async (): Promise<Call> => {
    const at = moment();
    const wait: Wait = { since: Infinity, total: 0, stalled: 0 };
    const end = (outcome: number | string, issuedAt = -Infinity): Call => ({
      at,
      took: moment() - at,
      waited: wait.total,
      stalled: wait.stalled,
      waitedForIssue: issuedAt > wait.since,
      outcome,
    });
    try {
      const response = await currentWait.run(wait, () => invoices(api));
      await response.arrayBuffer();
      return end(response.status, Number(response.headers.get(issuedAtHeader) ?? -Infinity));
    } catch (error) {
      return end(isTokenError(error) ? error.code : String(error));
    }
  };

  let load: NodeJS.Timeout | undefined;
  let calls: Promise<Call>[] = [];
  return {
    async warmUp() {
      await (await fetch(api)).arrayBuffer();
    },
    burst: (callers) => Promise.all(Array.from({ length: callers }, call)),
    startLoad(perSecond) {
      const start = moment();
      load = setInterval(() => {
        // An interval that came late is made up for.
        while (calls.length < ((moment() - start) * perSecond) / 1_000) calls.push(call());
      }, 1_000 / perSecond);
    },
    async stopLoad() {
      clearInterval(load);
      const ended = await Promise.all(calls);
      calls = [];
      return ended;
    },
  };
}
