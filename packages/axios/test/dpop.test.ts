import type { AxiosError, AxiosInstance } from "axios";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createDpopWorld, redirect } from "../../core/test/support/dpop-world.ts";
import { versions } from "./support/versions.ts";
import { combinations } from "./support/ways.ts";

const later = (): Response => new Response("later", { status: 503 });

/** Sends a config again as it came back, as retry packages do. */
function retry(instance: AxiosInstance): void {
  instance.interceptors.response.use(undefined, async (error: AxiosError) => {
    if (error.response?.status !== 503 || error.config === undefined) throw error;
    return instance.request(error.config);
  });
}

describe.each(combinations)("$name: proofs", ({ create }) => {
  test("a config that is sent again has a proof of its own", async () => {
    const { api, manager } = await createDpopWorld();
    const invoices = create("invoices", { manager }, { baseURL: api.url });
    retry(invoices);
    api.askForNonces("rotating");
    await invoices.get("/list");
    api.answerNext(later, later);

    expect((await invoices.post("/list", { a: 1 })).data).toMatchObject({ body: '{"a":1}' });
    expect(api.refusals).toHaveLength(1);
    expect(api.seen).toHaveLength(5);
  });

  test("the config comes back as it was, wherever redirects have led", async () => {
    const { api, elsewhere, manager } = await createDpopWorld();
    const invoices = create("invoices", { manager }, { baseURL: api.url });
    for (const location of ["/new", elsewhere.url]) {
      api.answerNext(redirect(303, location));
      const { config, status } = await invoices.post(
        "/old",
        { a: 1 },
        { params: { page: 1 }, maxRedirects: 3 },
      );
      expect(status).toBe(200);
      expect(config).toMatchObject({
        url: "/old",
        method: "post",
        baseURL: api.url,
        params: { page: 1 },
        data: '{"a":1}',
        maxRedirects: 3,
      });
      expect(config.fetchOptions).toBeUndefined();
      expect(config.headers.get("dpop")).toBeUndefined();
      expect(config.headers.get("authorization")).toBeUndefined();
    }
    expect(api.seen.map(({ url }) => url.slice(api.url.length))).toEqual([
      "/old?page=1",
      "/new",
      "/old?page=1",
    ]);
    expect(elsewhere.seen.map(({ url }) => url)).toEqual([`${elsewhere.url}/`]);
  });

  test("a call that follows no redirects follows none, and one that follows few follows these", async () => {
    const { api, manager } = await createDpopWorld();
    const invoices = create("invoices", { manager }, { baseURL: api.url });
    for (const maxRedirects of [0, 2]) {
      api.answerNext(...[1, 2, 3].slice(0, maxRedirects + 1).map((hop) => redirect(302, `/${hop}`)));
      const call = invoices.get("/list", { maxRedirects });
      await expect(call).rejects.toMatchObject({ response: { status: 302 } });
    }
    expect(api.seen).toHaveLength(1 + 3);
  });

  test("neither token nor proof show in an error", async () => {
    const { api, issued, manager } = await createDpopWorld();
    const invoices = create("invoices", { manager }, { baseURL: api.url });
    api.answerNext(() => new Response("no", { status: 403 }));
    const failure: unknown = await invoices.get("/list").catch((error: unknown) => error);

    const { config, response } = failure as AxiosError;
    const [token = ""] = issued.keys();
    const proof = api.seen[0]?.headers.get("dpop") ?? "";
    for (const shown of [JSON.stringify(failure), inspect([config, response?.config], { depth: 9 })]) {
      expect(shown).not.toContain(token);
      expect(shown).not.toContain(proof);
    }
  });
});

describe.each(versions)("Axios $axios.VERSION: proofs", ({ axios, clientTokenInterceptors }) => {
  test("a config that another interceptor sends again, before ours has seen the answer, has a new one", async () => {
    const { api, manager } = await createDpopWorld();
    const invoices = axios.create({ baseURL: api.url });
    retry(invoices);
    const { request, response } = clientTokenInterceptors("invoices", { manager });
    invoices.interceptors.request.use(...request);
    invoices.interceptors.response.use(...response);
    api.answerNext(later, redirect(302, "/new"));

    const { status, config } = await invoices.get("/list");

    expect(status).toBe(200);
    expect(config.maxRedirects).toBeUndefined();
    expect(new Set(api.seen.map(({ headers }) => headers.get("dpop"))).size).toBe(3);
  });

  test("a config that came back is the caller's again", async () => {
    const { api, elsewhere, manager } = await createDpopWorld();
    const invoices = axios.create({ baseURL: api.url });
    const { request, response } = clientTokenInterceptors("invoices", { manager });
    invoices.interceptors.request.use(...request);
    invoices.interceptors.response.use(...response);
    api.answerNext(redirect(302, elsewhere.url));
    const { config } = await invoices.get("/first");

    await invoices.request({ ...config, url: "/second" });

    expect(api.seen.map(({ url }) => new URL(url).pathname)).toEqual(["/first", "/second"]);
  });
});
