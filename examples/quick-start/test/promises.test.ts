import { describe, expect, test } from "vitest";
import { findBrokenPromises, type Run } from "../src/promises.ts";
import type { CallRecord, Phase } from "../src/timeline.ts";
import type { HttpClient } from "../src/http-clients.ts";

const request = { clientId: "billing-service", scope: "orders.read" };
const call: CallRecord = {
  phase: "first calls",
  through: "ky",
  client: "billing",
  scope: "orders.read",
  tokenFrom: "this process",
  tokenRequests: [],
  served: { ...request, jti: "1" },
  problem: undefined,
  duration: 1,
};

function calls(phase: Phase, first: HttpClient, second: HttpClient): CallRecord[] {
  return [
    { ...call, phase, through: first, tokenFrom: "token endpoint", tokenRequests: [request] },
    { ...call, phase, through: second },
  ];
}

/** A run in which all went well. */
const good: Run = {
  calls: [
    ...calls("first calls", "ky", "fetch"),
    ...calls("revocation", "Axios", "ky"),
    ...calls("expiry", "fetch", "Axios"),
  ],
  tokenRequests: [request, request, request],
  refusals: ["revoked", "expired"],
};

/** The same with one call changed. */
function withCall(index: number, change: Partial<CallRecord>): Run {
  const changed = good.calls.map((one, at) => (at === index ? { ...one, ...change } : one));
  return { ...good, calls: changed, tokenRequests: changed.flatMap(({ tokenRequests }) => tokenRequests) };
}

test("a good run breaks no promise", () => {
  expect(findBrokenPromises(good)).toEqual([]);
});

describe("it is noticed when", () => {
  test.for<readonly [what: string, run: Run, ...sentences: string[]]>([
    [
      "a second caller asks for a token",
      withCall(1, { tokenFrom: "token endpoint", tokenRequests: [request] }),
      "first calls, billing orders.read: 2 token requests instead of 1",
    ],
    [
      "a token is not replaced",
      withCall(2, { tokenFrom: "this process", tokenRequests: [] }),
      "revocation, billing orders.read: 0 token requests instead of 1",
    ],
    [
      "a call fails",
      withCall(3, { problem: "HTTPError: 401", served: undefined }),
      "revocation, billing orders.read, ky: the call failed: HTTPError: 401",
    ],
    [
      "a call carries the token of another scope",
      withCall(5, { served: { clientId: "billing-service", scope: "orders.write", jti: "2" } }),
      "expiry, billing orders.read, Axios: the API saw another token",
    ],
    [
      "a call carries the token of another client",
      withCall(5, { served: { clientId: "shipping-service", scope: "orders.read", jti: "2" } }),
      "expiry, billing orders.read, Axios: the API saw another token",
    ],
    [
      "the token of another client is asked for",
      withCall(0, { tokenRequests: [{ ...request, clientId: "shipping-service" }] }),
      "first calls, billing orders.read, ky: a token for somebody else was asked for",
    ],
    [
      "a token that was asked for seems to have been found",
      withCall(0, { tokenFrom: "this process" }),
      "first calls, billing orders.read, ky: the token came from this process, with 1 token requests",
    ],
    [
      "a second instance asks for a token",
      { ...good, calls: [...good.calls, ...calls("second instance", "fetch", "ky").slice(0, 1)] },
      "second instance, billing orders.read: 1 token requests instead of 0",
      "second instance, billing orders.read: the token came from token endpoint instead of the shared cache",
      "-1 token requests belong to no call",
    ],
    [
      "tokens are asked for behind the callers' backs",
      { ...good, tokenRequests: [...good.tokenRequests, request] },
      "1 token requests belong to no call",
    ],
    [
      "an expired token is sent",
      { ...good, refusals: ["revoked", "expired", "expired"] },
      "the API refused revoked, expired, expired instead of one revoked and one expired token",
    ],
    [
      "the API refuses nothing",
      { ...good, refusals: [] },
      "the API refused nothing instead of one revoked and one expired token",
    ],
    [
      "an HTTP client never asks first",
      withCall(4, { through: "ky" }),
      "fetch was never the first to ask for a token",
    ],
    [
      "a phase is left out",
      { ...good, calls: good.calls.slice(0, 4), tokenRequests: [request, request] },
      "expiry: never happened",
      "fetch was never the first to ask for a token",
    ],
  ])("%s", ([, run, ...sentences]) => {
    expect(findBrokenPromises(run)).toEqual(sentences);
  });
});
