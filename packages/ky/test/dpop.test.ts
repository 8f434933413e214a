import { describe, expect, test } from "vitest";
import { createDpopWorld, redirect } from "../../core/test/support/dpop-world.ts";
import { requestState } from "../src/hook-state.ts";
import { majors } from "./support/majors.ts";

const unavailable = (): Response => new Response("later", { status: 503 });

describe.each(majors)("$name: proofs", ({ name, ky, withClientToken, fallingBackTo }) => {
  const retry = { limit: 2, delay: () => 0 };

  test("ky's own retries have a proof of their own, with the last nonce", async () => {
    const { api, manager } = await createDpopWorld();
    api.askForNonces("rotating");
    const invoices = ky.extend({ ...withClientToken("invoices", { manager }), retry });
    await invoices.get(api.url);
    api.answerNext(unavailable, unavailable);

    expect((await invoices.get(api.url)).status).toBe(200);

    expect(api.refusals).toHaveLength(1);
    expect(new Set(api.seen.map(({ headers }) => headers.get("dpop"))).size).toBe(5);
  });

  test("nonce and token are repaired once for all attempts of a call", async () => {
    const { api, sts, manager } = await createDpopWorld();
    const ask = (nonce: string) => (): Response =>
      new Response(null, {
        status: 401,
        headers: { "www-authenticate": 'DPoP error="use_dpop_nonce"', "dpop-nonce": nonce },
      });
    const invoices = ky.extend({
      ...withClientToken("invoices", { manager }),
      retry: { ...retry, limit: 5 },
    });
    api.answerNext(ask("1"), unavailable, ask("2"));

    await expect(invoices.get(api.url)).rejects.toMatchObject({ response: { status: 401 } });
    expect(api.seen).toHaveLength(3);
    expect(sts.seen).toHaveLength(1);
  });

  test("without retries a 401 is the caller's, and its nonce is for the next call", async () => {
    const { api, manager } = await createDpopWorld();
    api.askForNonces("fixed");
    const invoices = ky.extend({ ...withClientToken("invoices", { manager }), retry: 0 });

    await expect(invoices.get(api.url)).rejects.toMatchObject({ response: { status: 401 } });
    expect((await invoices.get(api.url)).status).toBe(200);
    expect(api.seen).toHaveLength(2);
  });

  test("a redirect costs one of ky's retries, and without one it is the caller's", async () => {
    const { api, manager } = await createDpopWorld();
    const invoices = ky.extend({
      ...withClientToken("invoices", { manager }),
      retry: { ...retry, limit: 1 },
    });
    api.answerNext(redirect(302, "/second"), redirect(303, "/third"));

    const call = invoices.post(`${api.url}/first`, { json: { a: 1 } });

    await expect(call).rejects.toMatchObject({ response: { status: 303 } });
    expect(api.seen.map(({ method, url }) => [method, url])).toEqual([
      ["POST", `${api.url}/first`],
      ["GET", `${api.url}/second`],
    ]);
  });

  test("without retries it is the caller's, even where it leads on without the body", async () => {
    const { api, manager } = await createDpopWorld();
    const invoices = ky.extend({ ...withClientToken("invoices", { manager }), retry: 0 });
    api.answerNext(redirect(303, "/new"));
    const call = invoices.post(api.url, { json: { a: 1 } });
    await expect(call).rejects.toMatchObject({ name: "HTTPError", response: { status: 303 } });
  });

  test("token and proof do not go to where another hook has sent the request", async () => {
    const { api, elsewhere, client, manager } = await createDpopWorld();
    const guarded = manager.register("guarded", { ...client, origins: [api.url] });
    api.answerNext(unavailable);

    await fallingBackTo(elsewhere.url).extend(withClientToken(guarded)).get(api.url);

    const [headers] = elsewhere.seen.map((request) => request.headers);
    expect([headers?.get("authorization"), headers?.get("dpop")]).toEqual([null, null]);
  });

  test("behind a redirect to another origin ky's retries go without, and so do its redirects", async () => {
    const { api, elsewhere, manager } = await createDpopWorld();
    const invoices = ky.extend({ ...withClientToken("invoices", { manager }), retry });
    api.answerNext(redirect(307, `${elsewhere.url}/1`));
    elsewhere.answerNext(unavailable, redirect(302, "/2"));

    expect(await (await invoices.get(api.url)).text()).toBe("elsewhere");

    expect(elsewhere.seen.map(({ url }) => new URL(url).pathname)).toEqual(["/1", "/1", "/2"]);
    for (const { headers } of elsewhere.seen) {
      expect([headers.get("authorization"), headers.get("dpop")]).toEqual([null, null]);
    }
  });

  test.each([
    ["manual", 2, { response: { status: 302 } }],
    // ky takes the error for trouble on the network, and would try again.
    ["error", 0, {}],
  ] as const)("a call that follows no redirects follows none: %s", async (mode, limit, failure) => {
    const { api, manager } = await createDpopWorld();
    const invoices = ky.extend({ ...withClientToken("invoices", { manager }), retry: limit });
    api.answerNext(redirect(302, "/second"));

    await expect(invoices(new Request(api.url, { redirect: mode }))).rejects.toMatchObject(failure);
    expect(api.seen).toHaveLength(1);
  });

  test(`hooks that come later ${name === "ky 1" ? "are not asked" : "see the proof"}`, async () => {
    const { api, manager } = await createDpopWorld();
    const seen: (string | null)[] = [];
    const invoices = ky.extend(withClientToken("invoices", { manager })).extend({
      hooks: {
        beforeRequest: [
          (...args) => {
            seen.push(requestState(args).request.headers.get("dpop"));
          },
        ],
      },
    });
    await invoices.get(api.url);
    expect(seen).toEqual(name === "ky 1" ? [] : [api.seen[0]?.headers.get("dpop")]);
  });
});
