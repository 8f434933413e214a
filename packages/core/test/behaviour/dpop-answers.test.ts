import { createAuthorizer, type Attachment } from "@client-token/core/adapter";
import { describe, expect, test } from "vitest";
import { createDpopWorld, type DpopWorld } from "../support/dpop-world.ts";

/** What one request carries, and what the next proof to the same place says. */
async function send({ manager, api }: DpopWorld) {
  const authorizer = createAuthorizer("invoices", { manager });
  const request = { method: "GET", url: `${api.url}/list`, header: () => null };
  const sent = (await authorizer.attach(request)) as Attachment;
  const nextNonce = async (): Promise<unknown> => {
    const next = await authorizer.attach(request);
    const [, payload = ""] = (next?.headers["dpop"] ?? "").split(".");
    return (JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { nonce?: string }).nonce;
  };
  return { authorizer, sent, nextNonce };
}

const answer = (status: number, headers: Record<string, string>, url?: string) => ({
  status,
  url,
  header: (name: string) => headers[name],
});

describe("the nonce of an answer", () => {
  test.each([200, 204, 302, 400, 401, 403, 404, 500, 503])("is for the next proof: %i", async (status) => {
    const { authorizer, sent, nextNonce } = await send(await createDpopWorld());
    await authorizer.shouldRetry(sent, answer(status, { "dpop-nonce": "n-1" }), false);
    expect(await nextNonce()).toBe("n-1");
  });

  test("is there at once, before anybody has waited for the judgement", async () => {
    const { authorizer, sent, nextNonce } = await send(await createDpopWorld());
    void authorizer.shouldRetry(sent, answer(200, { "dpop-nonce": "n-1" }), true);
    expect(await nextNonce()).toBe("n-1");
  });

  test.each(["", "one, two", 'quo"ted', "back\\slash", "ümlaut"])("is none if it is %j", async (nonce) => {
    const { authorizer, sent, nextNonce } = await send(await createDpopWorld());
    await authorizer.shouldRetry(sent, answer(200, { "dpop-nonce": nonce }), true);
    expect(await nextNonce()).toBeUndefined();
  });

  test("of another origin, which the HTTP client was redirected to, is not taken for this one's", async () => {
    const world = await createDpopWorld();
    const { authorizer, sent, nextNonce } = await send(world);
    const headers = { "dpop-nonce": "n-1", "www-authenticate": 'DPoP error="use_dpop_nonce"' };
    const again = await authorizer.shouldRetry(sent, answer(401, headers, world.elsewhere.url), true);
    expect(again).toBeUndefined();
    expect(await nextNonce()).toBeUndefined();
  });
});

describe("a challenge is read whatever its form", () => {
  const nonce = { "dpop-nonce": "n-1" };
  test.each([
    'DPoP error="use_dpop_nonce"',
    'dpop ERROR="use_dpop_nonce"',
    'DPoP algs="ES256 PS256", error="use_dpop_nonce", error_description="a, \\"b\\""',
    'Bearer realm="api", DPoP error="use_dpop_nonce"',
    'DPoP error="use_dpop_nonce", Bearer error="invalid_token"',
    'Basic realm="x", DPoP algs="ES256",error=use_dpop_nonce, Negotiate abc==',
  ])("%s", async (challenge) => {
    const world = await createDpopWorld();
    const { authorizer, sent } = await send(world);
    const response = answer(401, { ...nonce, "www-authenticate": challenge });
    const again = await authorizer.shouldRetry(sent, response, true);
    expect(again?.token).toBe(sent.token);
    expect(again?.headers["dpop"]).not.toBe(sent.headers["dpop"]);
    expect(world.sts.seen).toHaveLength(1);
  });

  test.each([
    ["nothing about it", undefined],
    ["only bearer tokens", 'Bearer error="invalid_token"'],
    ["both kinds, and what is wrong with this one", 'Bearer, DPoP error="invalid_token"'],
    ["something that nobody can read", 'DPoP error="never closed'],
  ])("with %s, the token is replaced", async (_, challenge) => {
    const world = await createDpopWorld();
    const { authorizer, sent } = await send(world);
    const headers = challenge === undefined ? nonce : { ...nonce, "www-authenticate": challenge };
    const again = await authorizer.shouldRetry(sent, answer(401, headers), true);
    expect(again?.retried).toBe(true);
    expect(world.sts.seen).toHaveLength(2);
  });

  test.each(["insufficient_scope", "invalid_dpop_proof"])(
    "with an error that another token would meet too, it is not: %s",
    async (error) => {
      const world = await createDpopWorld();
      const { authorizer, sent } = await send(world);
      const challenge = `Bearer realm="api", DPoP error="${error}"`;
      const again = await authorizer.shouldRetry(sent, answer(401, { "www-authenticate": challenge }), true);
      expect(again).toBeUndefined();
      expect(world.sts.seen).toHaveLength(1);
    },
  );
});

test("a token that has been replaced for a request is not replaced for it again", async () => {
  const world = await createDpopWorld();
  const { authorizer, sent } = await send(world);
  const again = await authorizer.shouldRetry(sent, answer(401, {}), true);
  await world.clock.advance(600_000);
  expect(await authorizer.shouldRetry(again as Attachment, answer(401, {}), true)).toBeUndefined();
  expect(world.sts.seen).toHaveLength(2);
});
