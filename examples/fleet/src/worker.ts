// One process of the fleet: it calls the API, and never thinks of tokens.

import { setTimeout as sleep } from "node:timers/promises";
import { withClientToken, type Fetch, type TokenEvent } from "@client-token/core";
import { workerHeader, type Order, type Report, type Settings } from "./messages.ts";
import { callRate, callTimeout } from "./timing.ts";
import { configureTokens } from "./tokens.ts";

const worker = Number(process.argv[2]);

function report(message: Report): void {
  // Nobody listens any more when the fleet has ended, and then this process does.
  process.send?.(message, undefined, undefined, () => {});
}

function onEvent(event: TokenEvent): void {
  if (event.type !== "token-obtained") return;
  const isRenewal = event.reason === "renewal" || event.reason === "look";
  report({ type: "token", from: event.from, isRenewal });
}

/** Calls on and on, also while earlier calls wait. */
async function callAgainAndAgain(api: string): Promise<void> {
  const invoices = withClientToken("invoices")(fetch);
  for (;;) {
    void call(invoices, api);
    await sleep((1_000 / callRate) * (0.5 + Math.random()));
  }
}

async function call(invoices: Fetch, api: string): Promise<void> {
  const startedAt = performance.now();
  const problem = await attempt(invoices, api).catch(String);
  report({ type: "called", took: performance.now() - startedAt, problem });
}

async function attempt(invoices: Fetch, api: string): Promise<string | undefined> {
  const response = await invoices(`${api}/invoices`, {
    headers: { [workerHeader]: String(worker) },
    signal: AbortSignal.timeout(callTimeout),
  });
  await response.arrayBuffer();
  return response.ok ? undefined : `the API answered ${response.status}`;
}

async function prepare(settings: Settings): Promise<void> {
  await configureTokens(settings, worker, onEvent);
  // Connects, so that the first call is as quick as the others.
  await (await fetch(settings.api)).arrayBuffer();
  report({ type: "prepared" });
}

process.on("disconnect", () => process.exit());
// The fleet may have ended before this was said.
if (!process.connected) process.exit();
process.on("message", (order: Order) => {
  if (order.type === "prepare") void prepare(order.settings);
  else void callAgainAndAgain(order.api);
});
