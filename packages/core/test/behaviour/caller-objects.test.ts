import { withClientToken, type Fetch } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { failureOf } from "../support/calls.ts";
import { createWorld } from "../support/world.ts";

describe("what the caller gives to fetch stays as it is", () => {
  test("a frozen init with frozen headers", async () => {
    const { invoicesFetch, api, server, seen } = await createWorld();
    await invoicesFetch(api);
    server.revoke();
    const headers = Object.freeze({ "x-mine": "1" });
    const init = Object.freeze({ method: "POST", body: "x", headers });
    expect((await invoicesFetch(api, init)).status).toBe(200);
    expect(init).toEqual({ method: "POST", body: "x", headers: { "x-mine": "1" } });
    expect(seen.at(-1)?.headers.get("x-mine")).toBe("1");
  });

  test("a Headers object", async () => {
    const { invoicesFetch, api } = await createWorld();
    const headers = new Headers({ "x-mine": "1" });
    await invoicesFetch(api, { headers });
    expect([...headers]).toEqual([["x-mine", "1"]]);
  });

  test("a list of headers", async () => {
    const { invoicesFetch, api, seen } = await createWorld();
    const headers: [string, string][] = [["x-mine", "1"]];
    await invoicesFetch(api, { headers });
    expect(headers).toEqual([["x-mine", "1"]]);
    expect(seen[0]?.headers.get("x-mine")).toBe("1");
  });

  test("a Request", async () => {
    const { invoicesFetch, api } = await createWorld();
    const request = new Request(api, { headers: { "x-mine": "1" } });
    await invoicesFetch(request);
    expect([...request.headers]).toEqual([["x-mine", "1"]]);
  });

  test("a URL", async () => {
    const { invoicesFetch, api } = await createWorld();
    const url = new URL("/list?a=1", api);
    await invoicesFetch(url);
    expect(url.href).toBe(`${api}/list?a=1`);
  });
});

describe("it is understood as fetch understands it", () => {
  test("headers of the init replace those of a Request", async () => {
    const { invoicesFetch, api, seen } = await createWorld();
    const request = new Request(api, { headers: { "x-request": "1" } });
    await invoicesFetch(request, { headers: { "x-init": "1" } });
    expect(seen[0]?.headers.get("x-init")).toBe("1");
    expect(seen[0]?.headers.has("x-request")).toBe(false);
    expect(seen[0]?.authorization).toMatch(/^Bearer/);
  });

  test("an Authorization header of the Request that the init's headers replace is gone", async () => {
    const { invoicesFetch, api, seen, server } = await createWorld();
    const request = new Request(api, { headers: { authorization: "Basic mine" } });
    await invoicesFetch(request, { headers: { "x-init": "1" } });
    expect(seen[0]?.authorization).toBe(`Bearer ${server.issued[0]}`);
  });

  test("the method and everything else of the init reaches the next fetch", async () => {
    const { tokens, api } = await createWorld();
    const given: (RequestInit | undefined)[] = [];
    const next: Fetch = async (_, init) => {
      given.push(init);
      return new Response();
    };
    const controller = new AbortController();
    const init: RequestInit = {
      method: "PATCH",
      cache: "no-store",
      keepalive: true,
      signal: controller.signal,
    };
    await withClientToken("invoices", { manager: tokens })(next)(api, init);
    expect(given[0]).toMatchObject(init);
  });
});

describe("the caller's own Authorization header stays", () => {
  test.each<[what: string, call: (send: Fetch, api: string) => Promise<Response>]>([
    ["in an object", (send, api) => send(api, { headers: { Authorization: "Basic mine" } })],
    ["in Headers", (send, api) => send(api, { headers: new Headers({ authorization: "Basic mine" }) })],
    ["in a list", (send, api) => send(api, { headers: [["AUTHORIZATION", "Basic mine"]] })],
    ["in a Request", (send, api) => send(new Request(api, { headers: { authorization: "Basic mine" } }))],
  ])("%s", async (_, call) => {
    const { invoicesFetch, api, seen, server } = await createWorld();
    const response = await call(invoicesFetch, api);
    expect(response.status).toBe(401);
    expect(seen.map(({ authorization }) => authorization)).toEqual(["Basic mine"]);
    expect(server.requests).toHaveLength(0);
  });
});

test("no token, no request", async () => {
  const { invoicesFetch, api, seen, server } = await createWorld();
  server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
  expect(await failureOf(invoicesFetch(api))).toMatchObject({ code: "ERR_TOKEN_REFUSED" });
  expect(seen).toHaveLength(0);
});

test("what the next fetch throws stays as it is", async () => {
  const { tokens, api } = await createWorld();
  const failure = new TypeError("fetch failed");
  const next: Fetch = () => Promise.reject(failure);
  expect(await failureOf(withClientToken("invoices", { manager: tokens })(next)(api))).toBe(failure);
});

test("middlewares stack: an inner one adds its own header", async () => {
  const { invoicesFetch: _, tokens, api, seen } = await createWorld();
  const tagged =
    (next: Fetch): Fetch =>
    (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set("x-tag", "1");
      return next(input, { ...init, headers });
    };
  await withClientToken("invoices", { manager: tokens })(tagged(fetch))(api);
  expect(seen[0]?.headers.get("x-tag")).toBe("1");
  expect(seen[0]?.authorization).toMatch(/^Bearer/);
});
