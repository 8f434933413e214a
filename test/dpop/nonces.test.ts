import { describe, expect, test } from "vitest";
import { createDpopWorld } from "../../packages/core/test/support/dpop-world.ts";
import { drivers } from "./support/drivers.ts";

const stream = (): ReadableStream<Uint8Array> => new Blob(["content"]).stream();

describe.each(drivers)("through $name, nonces", ({ connect }) => {
  test("calls one after another make one API request each, also while nonces rotate in 200 answers", async () => {
    const { api, manager } = await createDpopWorld();
    api.askForNonces("rotating");
    const call = connect(manager);

    for (let number = 1; number <= 10; number++) {
      expect(await call(`${api.url}/list/${number}`)).toMatchObject({ status: 200 });
    }

    expect(api.refusals, "the first time that the origin asks").toEqual(["use_dpop_nonce: another nonce"]);
    expect(api.seen).toHaveLength(11);
  });

  test("the first request is sent again at once, with the same token and body", async () => {
    const { api, sts, manager } = await createDpopWorld();
    api.askForNonces("fixed");

    const { status, body } = await connect(manager)(api.url, { method: "POST", body: "content" });

    expect({ status, ...JSON.parse(body) }).toEqual({ status: 200, method: "POST", body: "content" });
    expect(api.seen.map(({ body: sent }) => sent)).toEqual(["content", "content"]);
    expect(new Set(api.seen.map(({ headers }) => headers.get("authorization"))).size).toBe(1);
    expect(sts.seen).toHaveLength(1);
  });

  test("each origin has its own, the token endpoint too", async () => {
    const { api, sts, manager } = await createDpopWorld();
    sts.askForNonces("rotating");
    api.askForNonces("fixed");
    const call = connect(manager);
    await call(api.url);
    await manager.getToken("invoices", { forceRenewal: true });
    await call(api.url);

    expect(sts.refusals).toHaveLength(1);
    expect(sts.proofs).toHaveLength(2);
    expect(api.refusals).toHaveLength(1);
    expect(api.proofs).toHaveLength(2);
  });

  test("a nonce that is out of date costs one more request, and calls in the air one each", async () => {
    const { api, manager } = await createDpopWorld();
    api.askForNonces("fixed");
    const call = connect(manager);
    await call(api.url);
    api.askForNonces("fixed");

    const answers = await Promise.all(Array.from({ length: 10 }, () => call(api.url)));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(api.seen.length).toBeLessThanOrEqual(2 + 2 * 10);
    await call(api.url);
    expect(api.proofs).toHaveLength(12);
  });

  test("nonce and token are repaired in the same call, each once", async () => {
    const { api, sts, revoke, manager } = await createDpopWorld();
    const call = connect(manager);
    await call(api.url);
    revoke();
    api.askForNonces("fixed");

    expect((await call(api.url, { method: "POST", body: "content" })).body).toContain("content");
    expect(api.refusals).toEqual(["invalid_token: unknown"]);
    expect(sts.seen).toHaveLength(2);
  });

  test("an API that asks for another one each time gets one more request, and its 401 is the caller's", async () => {
    const { api, sts, manager } = await createDpopWorld();
    const ask = (nonce: string) => (): Response =>
      new Response(nonce, {
        status: 401,
        headers: { "www-authenticate": 'DPoP error="use_dpop_nonce"', "dpop-nonce": nonce },
      });
    api.answerNext(ask("one"), ask("two"), ask("three"));

    expect(await connect(manager)(api.url)).toEqual({ status: 401, body: "two" });
    expect(api.seen).toHaveLength(2);
    expect(sts.seen).toHaveLength(1);
  });

  test("an API that asks and names none is not asked again", async () => {
    const { api, sts, manager } = await createDpopWorld();
    const headers = { "www-authenticate": 'DPoP error="use_dpop_nonce"' };
    api.answerNext(() => new Response("no", { status: 401, headers }));

    expect(await connect(manager)(api.url)).toEqual({ status: 401, body: "no" });
    expect(api.seen).toHaveLength(1);
    expect(sts.seen).toHaveLength(1);
  });

  test("a spent stream is not sent again: the 401 is the caller's, and the nonce is for the next call", async () => {
    const { api, sts, manager } = await createDpopWorld();
    api.askForNonces("fixed");
    const call = connect(manager);

    expect((await call(api.url, { method: "POST", body: stream() })).status).toBe(401);
    expect(api.seen).toHaveLength(1);
    expect((await call(api.url, { method: "POST", body: stream() })).body).toContain("content");
    expect(api.seen).toHaveLength(2);
    expect(sts.seen).toHaveLength(1);
  });
});
