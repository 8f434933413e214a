import { withClientToken, type Fetch } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { createDpopWorld, redirect } from "../support/dpop-world.ts";

describe("a request with a proof that follows no redirects", () => {
  test.each<[where: string, request: (url: string, mode: RequestRedirect) => Parameters<Fetch>]>([
    ["in init", (url, mode) => [url, { redirect: mode }]],
    ["in a Request", (url, mode) => [new Request(url, { redirect: mode })]],
    ["in init, over a Request", (url, mode) => [new Request(url), { redirect: mode }]],
  ])("follows none: %s", async (_, request) => {
    const { api, manager } = await createDpopWorld();
    const call = withClientToken("invoices", { manager })(fetch);
    api.answerNext(redirect(302, "/new"), redirect(302, "/new"));

    expect((await call(...request(api.url, "manual"))).status).toBe(302);
    await expect(call(...request(api.url, "error"))).rejects.toThrow(TypeError);
    expect(api.seen).toHaveLength(2);
  });
});

describe("a request that redirects have led elsewhere", () => {
  test("keeps what the caller wanted", async () => {
    const { api, manager } = await createDpopWorld();
    const inits: (RequestInit | undefined)[] = [];
    const call = withClientToken("invoices", { manager })(async (input, init) => {
      inits.push(init);
      return fetch(input, init);
    });
    const controller = new AbortController();
    api.answerNext(redirect(307, "/new"));
    const request = new Request(api.url, {
      method: "PUT",
      body: "content",
      headers: { "x-trace": "1" },
      signal: controller.signal,
    });

    const response = await call(request, { keepalive: false });

    expect(await response.json()).toEqual({ method: "PUT", body: "content" });
    expect(response.url).toBe(`${api.url}/new`);
    expect(inits[1]).toMatchObject({ method: "PUT", keepalive: false, redirect: "manual" });
    expect(api.seen[1]?.headers.get("x-trace")).toBe("1");
    inits[1]?.signal?.throwIfAborted();
    controller.abort();
    expect(inits[1]?.signal?.aborted).toBe(true);
  });

  test("ends after twenty", async () => {
    const { api, manager } = await createDpopWorld();
    api.answerNext(...Array.from({ length: 30 }, (_, hop) => redirect(302, `/${hop}`)));
    const call = withClientToken("invoices", { manager })(fetch);
    expect((await call(api.url)).status).toBe(302);
    expect(api.seen).toHaveLength(21);
  });

  test("leaves cookies behind at another origin, and nothing else of the caller's", async () => {
    const { api, elsewhere, manager } = await createDpopWorld();
    api.answerNext(redirect(302, elsewhere.url));
    const call = withClientToken("invoices", { manager })(fetch);
    const headers = { cookie: "session=1", "x-trace": "1" };
    await call(api.url, { headers });
    expect(api.seen[0]?.headers.get("cookie")).toBe("session=1");
    expect(elsewhere.seen[0]?.headers.get("cookie")).toBeNull();
    expect(elsewhere.seen[0]?.headers.get("x-trace")).toBe("1");
    expect(headers, "the caller's own").toEqual({ cookie: "session=1", "x-trace": "1" });
  });
});
