import { describe, expect, test } from "vitest";
import { createDpopWorld } from "../../packages/core/test/support/dpop-world.ts";
import { drivers } from "./support/drivers.ts";

describe.each(drivers)("through $name, every request carries a proof", ({ connect }) => {
  test.each(["", "/", "/list", "/list?page=2&q=%2F", "/a%20b/%C3%BC/%2F?x", "/a/../b/./c", "/ü ö#part"])(
    "that is for this URL and method: %j",
    async (path) => {
      const { api, manager } = await createDpopWorld();
      const call = connect(manager);

      expect(await call(api.url + path)).toMatchObject({ status: 200 });
      expect(await call(api.url + path, { method: "PUT", body: "content" })).toMatchObject({ status: 200 });

      expect(api.refusals).toEqual([]);
      expect(api.seen).toHaveLength(2);
    },
  );

  test("and nothing else is sent with it than the scheme DPoP", async () => {
    const { api, manager, issued } = await createDpopWorld();
    await connect(manager)(api.url);
    const [token] = issued.keys();
    expect(api.seen[0]?.headers.get("authorization")).toBe(`DPoP ${token}`);
  });

  test("of its own, also when many are sent at once", async () => {
    const { api, sts, manager } = await createDpopWorld();
    const call = connect(manager);

    const answers = await Promise.all(Array.from({ length: 20 }, () => call(`${api.url}/list`)));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(api.seen.map(({ headers }) => headers.get("dpop"))).size).toBe(20);
    expect(sts.seen).toHaveLength(1);
  });
});

describe.each(drivers)("through $name, a refused proof is made again", ({ connect }) => {
  test("by the server's clock, and the next ones are right at once", async () => {
    const { api, manager, setServerClocks } = await createDpopWorld();
    const call = connect(manager);
    await call(api.url);
    setServerClocks(120_000);

    expect((await call(api.url)).status).toBe(200);
    expect(api.refusals).toEqual(["invalid_dpop_proof: not of this time"]);
    expect((await call(api.url)).status).toBe(200);
    expect(api.seen).toHaveLength(4);
  });

  test("by its own clock again, once the server's is right", async () => {
    const { api, manager, setServerClocks } = await createDpopWorld();
    const call = connect(manager);
    setServerClocks(-60_000);
    await call(api.url);
    setServerClocks(0);

    expect((await call(api.url)).status).toBe(200);
    expect((await call(api.url)).status).toBe(200);
    expect(api.seen).toHaveLength(api.refusals.length + 3);
  });

  test("not where another one would be refused as well", async () => {
    const { api, sts, manager } = await createDpopWorld();
    const challenge = { "www-authenticate": 'DPoP error="invalid_dpop_proof"' };
    api.answerNext(() => new Response("no", { status: 401, headers: challenge }));

    expect(await connect(manager)(api.url)).toEqual({ status: 401, body: "no" });
    expect(api.seen).toHaveLength(1);
    expect(sts.seen, "the token is as good as before").toHaveLength(1);
  });
});

describe.each(drivers)("through $name, a refused token is replaced once", ({ connect }) => {
  test("and the next request has a proof for the new one", async () => {
    const { api, sts, issued, revoke, manager } = await createDpopWorld();
    const call = connect(manager);
    await call(api.url);
    revoke();

    expect((await call(api.url, { method: "POST", body: "content" })).body).toContain("content");
    expect(sts.seen).toHaveLength(2);
    expect(api.seen.map(({ headers }) => headers.get("authorization")?.slice(5))).toEqual([
      [...issued.keys()][0],
      ...issued.keys(),
    ]);
  });

  test("and no more: a second refusal is the caller's", async () => {
    const { api, sts, manager } = await createDpopWorld();
    const refuse = (): Response =>
      new Response("no", { status: 401, headers: { "www-authenticate": 'DPoP error="invalid_token"' } });
    api.answerNext(refuse, refuse, refuse);

    expect(await connect(manager)(api.url)).toEqual({ status: 401, body: "no" });
    expect(api.seen).toHaveLength(2);
    expect(sts.seen).toHaveLength(2);
  });

  test("behind a body that cannot be sent again, for the calls to come", async () => {
    const { api, sts, revoke, manager } = await createDpopWorld();
    const call = connect(manager);
    await call(api.url);
    revoke();

    const body = new Blob(["content"]).stream();
    expect((await call(api.url, { method: "POST", body })).status).toBe(401);
    expect((await call(api.url)).status).toBe(200);
    expect(sts.seen).toHaveLength(2);
    expect(api.seen).toHaveLength(3);
  });

  test("whatever else the API takes beside DPoP", async () => {
    const { api, sts, manager } = await createDpopWorld();
    const call = connect(manager);
    await call(api.url);
    const challenge = 'Bearer error="insufficient_scope", dpop algs="ES256", ERROR="invalid_token"';
    api.answerNext(() => new Response(null, { status: 401, headers: { "www-authenticate": challenge } }));

    expect((await call(api.url)).status).toBe(200);
    expect(sts.seen).toHaveLength(2);
  });
});
