// The quick start: two services call a protected API through three HTTP clients, and nobody thinks of tokens.
// Each step prints what happened; in the end all of it is compared with what client-token promises.

import { setTimeout as sleep } from "node:timers/promises";
import { configureClientTokens, createTokenManager } from "@client-token/core";
import { decodeJwt } from "jose";
import { startAuthorizationServer } from "./authorization-server.ts";
import { createHttpClients, type HttpClient } from "./http-clients.ts";
import { findBrokenPromises } from "./promises.ts";
import { startProtectedApi } from "./protected-api.ts";
import { openSharedCache } from "./shared-cache.ts";
import { summarise } from "./summary.ts";
import { createTimeline } from "./timeline.ts";
import { credentials, ordersApi, scopeFor, tokenOptions, type ClientName, type Method } from "./tokens.ts";

const clients: readonly ClientName[] = ["billing", "shipping"];
const methods: readonly Method[] = ["GET", "POST"];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

// The surroundings: an authorization server, an API that trusts it, and with REDIS_URL a cache to share.
await using authorizationServer = await startAuthorizationServer({
  clients: Object.values(credentials),
  audience: ordersApi,
  scopes: Object.values(scopeFor),
});
await using api = await startProtectedApi({ ...authorizationServer, audience: ordersApi });
const redisUrl = process.env["REDIS_URL"] ?? "";
await using shared = redisUrl === "" ? undefined : await openSharedCache(redisUrl);
const timeline = createTimeline(authorizationServer, api, print);

// The application.
const options = tokenOptions({
  tokenEndpoint: authorizationServer.tokenEndpoint,
  apiOrigin: api.origin,
  cache: shared?.cache,
  onEvent: timeline.onEvent,
});
await using tokens = configureClientTokens(options);
const http = createHttpClients(api.origin, tokens);

print(`authorization server  ${authorizationServer.issuer}`);
print(`orders API            ${api.origin}`);
print(`shared cache          ${shared === undefined ? "none (set REDIS_URL to have one)" : "Redis"}`);

timeline.begin("first calls", "one token request for each client and scope, and then none");
for (const client of clients) {
  for (const method of methods) {
    for (const through of ["ky", "Axios", "fetch"] satisfies HttpClient[]) {
      await timeline.call(through, http[through], client, method);
    }
  }
}

if (shared !== undefined) {
  timeline.begin(
    "second instance",
    "it starts with an empty memory and finds all tokens in the shared cache",
  );
  await using secondTokens = createTokenManager(options);
  const second = createHttpClients(api.origin, secondTokens);
  for (const client of clients) {
    for (const method of methods) await timeline.call("fetch", second.fetch, client, method);
  }
}

timeline.begin("revocation", "the API refuses a token; it is replaced once, and the caller sees no 401");
const used = timeline.calls.find(({ client, scope }) => client === "billing" && scope === "orders.read");
api.revoke(used?.served?.jti ?? "");
// So that the next step need not wait for an hour.
authorizationServer.issueTokensFor(2);
for (const through of ["Axios", "fetch", "ky"] satisfies HttpClient[]) {
  await timeline.call(through, http[through], "billing", "GET");
}

timeline.begin("expiry", "a token ends after its two seconds; the next call gets a new one");
const old = await tokens.getToken("billing", { scope: "orders.read" });
timeline.note("waiting until it has ended");
const { exp = 0 } = decodeJwt(old.accessToken);
const left = Math.max(old.expiresAt, exp * 1000) - Date.now();
// If the token was not replaced it has an hour left.
await sleep(Math.min(left, 3_000) + 10);
const { status } = await fetch(`${api.origin}/orders`, { headers: { authorization: old.authorization } });
timeline.note(`the old token, sent by hand, is answered with ${status}`);
authorizationServer.issueTokensFor(3600);
for (const through of ["fetch", "ky", "Axios"] satisfies HttpClient[]) {
  await timeline.call(through, http[through], "billing", "GET");
}

const run = {
  calls: timeline.calls,
  tokenRequests: authorizationServer.tokenRequests,
  refusals: api.refusals,
};
print("\nSummary");
for (const line of summarise(run)) print(`  ${line}`);
const broken = findBrokenPromises(run);
for (const promise of broken) print(`BROKEN  ${promise}`);
print(broken.length === 0 ? "\nAll promises were kept." : `\n${broken.length} promises were broken.`);
process.exitCode = broken.length === 0 ? 0 : 1;
