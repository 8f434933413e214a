import { withClientToken, type RequestView, type TokenRequest } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { atOnce } from "../support/calls.ts";
import { createWorld } from "../support/world.ts";

describe("scope, resource and parameters of a call have tokens of their own", () => {
  test.each<[what: string, one: TokenRequest, other: TokenRequest]>([
    ["scope", { scope: "scope1" }, { scope: "scope2" }],
    ["resource", { resource: "urn:a" }, { resource: "urn:b" }],
    ["several resources", { resource: "urn:a" }, { resource: ["urn:a", "urn:b"] }],
    ["parameters", { parameters: { tenant: "1" } }, { parameters: { tenant: "2" } }],
    ["parameters of another name", { parameters: { tenant: "1" } }, { parameters: { account: "1" } }],
    ["none", {}, { scope: "scope1" }],
  ])("%s: two token requests, one after the other or at once", async (_, one, other) => {
    const { tokens, options, invoices, server } = await createWorld();
    const first = await invoices.getToken(one);
    const second = await invoices.getToken(other);
    expect(second).not.toBe(first);
    expect(await invoices.getToken(one)).toBe(first);
    expect(await invoices.getToken(other)).toBe(second);
    expect(server.requests).toHaveLength(2);

    const again = tokens.register("again", options);
    await atOnce(20, (call) => again.getToken(call % 2 === 0 ? one : other));
    expect(server.requests).toHaveLength(4);
  });

  test.each<[what: string, one: TokenRequest, other: TokenRequest]>([
    ["scopes in another order", { scope: "a b" }, { scope: "b a" }],
    ["scopes as text or list", { scope: "a b" }, { scope: ["b", "a"] }],
    ["a scope named twice", { scope: "a b" }, { scope: "a b a" }],
    ["resources in another order", { resource: ["urn:a", "urn:b"] }, { resource: ["urn:b", "urn:a"] }],
    ["fields in another order", { parameters: { a: "1", b: "2" } }, { parameters: { b: "2", a: "1" } }],
    ["what is configured anyway", {}, { scope: "list" }],
    ["another context", { context: 1 }, { context: 2 }],
  ])("%s: the same token", async (_, one, other) => {
    const { invoices, server } = await createWorld({ client: { scope: "list" } });
    expect(await invoices.getToken(other)).toBe(await invoices.getToken(one));
    expect(server.requests).toHaveLength(1);
  });

  test("a request object that the caller changes is read afresh each time", async () => {
    const { invoices } = await createWorld();
    const request = { scope: "a" };
    expect((await invoices.getToken(request)).scope).toBe("a");
    request.scope = "b";
    expect((await invoices.getToken(request)).scope).toBe("b");
    expect(invoices.peekToken(request)?.scope).toBe("b");
  });
});

describe("select chooses the token of a request", () => {
  test("by a view of it: method, URL and headers", async () => {
    const { tokens, api, server } = await createWorld();
    const views: RequestView[] = [];
    const invoicesFetch = withClientToken("invoices", {
      manager: tokens,
      select: (request) => {
        views.push(request);
        return { scope: request.method === "GET" ? "read" : "write" };
      },
    })(fetch);
    await invoicesFetch(`${api}/list`, { headers: { "X-Mine": "1" } });
    await invoicesFetch(new Request(`${api}/list`, { method: "POST", body: "x" }));

    expect(server.requests.map(({ form }) => form.get("scope"))).toEqual(["read", "write"]);
    expect(views.map(({ method, url }) => [method, url])).toEqual([
      ["GET", `${api}/list`],
      ["POST", `${api}/list`],
    ]);
    expect(views[0]?.header("x-mine")).toBe("1");
    expect(views[1]?.header("x-mine") ?? undefined).toBeUndefined();
  });

  test("asynchronously, by client name or handle, as configured, or none", async () => {
    const { tokens, options, api, server, seen } = await createWorld();
    const payments = tokens.register("payments", { ...options, clientId: "payments-app" });
    const choices = [{ client: "payments" }, { client: payments }, undefined, false] as const;
    let call = 0;
    const select = async (): Promise<(typeof choices)[number]> => choices[call++];
    const invoicesFetch = withClientToken("invoices", { manager: tokens, select })(fetch);
    for (const _ of choices) await invoicesFetch(api);

    const [ofPayments, ofInvoices] = server.issued.map((token) => `Bearer ${token}`);
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      ofPayments,
      ofPayments,
      ofInvoices,
      null,
    ]);
  });

  test("a 401 is repaired with the token that was chosen", async () => {
    const { tokens, api, server } = await createWorld();
    const invoicesFetch = withClientToken("invoices", {
      manager: tokens,
      select: () => ({ scope: "write" }),
    })(fetch);
    await invoicesFetch(api);
    server.revoke();
    expect((await invoicesFetch(api)).status).toBe(200);
    expect(server.requests.map(({ form }) => form.get("scope"))).toEqual(["write", "write"]);
  });

  test("its failure is the caller's, and the request is not sent", async () => {
    const { tokens, api, seen } = await createWorld();
    const select = (): never => {
      throw new RangeError("no tenant");
    };
    await expect(withClientToken("invoices", { manager: tokens, select })(fetch)(api)).rejects.toThrow(
      RangeError,
    );
    expect(seen).toHaveLength(0);
  });

  test("a handle needs no manager", async () => {
    const { invoices, api } = await createWorld();
    expect((await withClientToken(invoices)(fetch)(api)).status).toBe(200);
  });
});
