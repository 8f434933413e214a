import { describe, expect, test } from "vitest";
import { atOnce, inARow, tally } from "../support/calls.ts";
import { eventually, letTimePass } from "../support/time.ts";
import { createWorld, type World } from "../support/world.ts";

const refuse = (challenge?: string) => (): Response =>
  new Response("refused", {
    status: 401,
    headers: challenge === undefined ? {} : { "www-authenticate": challenge },
  });
const authorizations = ({ seen }: World): (string | null)[] => seen.map(({ authorization }) => authorization);
const bearers = ({ server }: World): string[] => server.issued.map((token) => `Bearer ${token}`);

describe("a 401 is repaired once", () => {
  test("with another token", async () => {
    const world = await createWorld();
    world.answerApiNext(refuse());
    const response = await world.invoicesFetch(world.api);

    expect(response.status).toBe(200);
    expect(authorizations(world)).toEqual(bearers(world));
    expect(new Set(bearers(world)).size).toBe(2);
    expect(world.events).toContainEqual({
      type: "token-rejected",
      client: "invoices",
      replaced: true,
      context: undefined,
    });
  });

  test("and no more: a second 401 is the caller's", async () => {
    const world = await createWorld();
    world.answerApiNext(refuse(), refuse());
    const response = await world.invoicesFetch(world.api);

    expect(response.status).toBe(401);
    expect(await response.text()).toBe("refused");
    expect(world.seen).toHaveLength(2);
    expect(world.server.requests).toHaveLength(2);
  });

  test.each([
    ["no challenge", undefined],
    ["a bearer challenge", 'Bearer realm="api"'],
    ["invalid_token", 'Bearer error="invalid_token", error_description="expired"'],
    ["another error", 'Bearer error="invalid_request"'],
    ["bearer among others", 'Basic realm="x", Bearer realm="api"'],
    ["a scheme in odd case", 'bEaReR realm="api"'],
    ["a challenge that nobody can read", 'Bearer realm="never closed'],
  ])("after %s", async (_, challenge) => {
    const world = await createWorld();
    world.answerApiNext(refuse(challenge));
    expect((await world.invoicesFetch(world.api)).status).toBe(200);
    expect(world.server.requests).toHaveLength(2);
  });

  test("the request of the next call has the new token", async () => {
    const world = await createWorld();
    await world.invoicesFetch(world.api);
    world.server.revoke();
    await world.invoicesFetch(world.api);
    await world.invoicesFetch(world.api);
    const [old, replacement] = bearers(world);
    expect(authorizations(world)).toEqual([old, old, replacement, replacement]);
  });
});

describe("a 401 that is not about the token replaces nothing", () => {
  test.each([
    ["challenges for other schemes only", 'Basic realm="x", Digest nonce="y"'],
    ["insufficient_scope", 'Bearer error="insufficient_scope", scope="write"'],
    ["use_dpop_nonce", 'DPoP error="use_dpop_nonce"'],
    ["invalid_dpop_proof", 'DPoP algs="ES256", error="invalid_dpop_proof"'],
  ])("%s", async (_, challenge) => {
    const world = await createWorld();
    world.answerApiNext(refuse(challenge));
    expect((await world.invoicesFetch(world.api)).status).toBe(401);
    expect(world.seen).toHaveLength(1);
    expect(world.server.requests).toHaveLength(1);
  });

  test.each([400, 403, 500])("and a %d never does", async (status) => {
    const world = await createWorld();
    world.answerApiNext(() => new Response(null, { status, headers: { "www-authenticate": "Bearer" } }));
    expect((await world.invoicesFetch(world.api)).status).toBe(status);
    expect(world.server.requests).toHaveLength(1);
  });
});

describe("an API that answers 401 to everything", () => {
  test("gets two calls for the first, and one for each of the next", async () => {
    const world = await createWorld();
    world.answerApiAlways(refuse());
    await world.invoicesFetch(world.api);
    expect(world.seen).toHaveLength(2);
    await world.invoicesFetch(world.api);
    expect(world.seen).toHaveLength(3);
    expect(world.events.at(-1)).toMatchObject({ type: "token-rejected", replaced: false });
  });

  test("does not become a storm on the token endpoint: 100 calls over 10 s, three token requests", async () => {
    const world = await createWorld();
    world.answerApiAlways(refuse());
    const statuses: number[] = [];
    for (let second = 0; second < 10; second++) {
      const responses = await inARow(10, () => world.invoicesFetch(world.api));
      statuses.push(...responses.map(({ status }) => status));
      await world.clock.advance(1000);
    }
    expect(tally(statuses)).toEqual({ 401: 100 });
    expect(world.server.requests.length).toBeLessThanOrEqual(3);
  });

  test("is tried again once a replacement has had a minute of peace", async () => {
    const world = await createWorld();
    await world.invoicesFetch(world.api);
    world.server.revoke();
    await world.invoicesFetch(world.api);
    await world.clock.advance(61_000);
    world.server.revoke();
    expect((await world.invoicesFetch(world.api)).status).toBe(200);
    world.server.revoke();
    expect((await world.invoicesFetch(world.api)).status).toBe(401);
    await world.clock.advance(5001);
    expect((await world.invoicesFetch(world.api)).status).toBe(200);
    expect(world.server.requests).toHaveLength(4);
  });
});

describe("rejectToken compares, then replaces", () => {
  test("the current token is replaced by a new one", async () => {
    const { invoices, server } = await createWorld();
    const old = await invoices.getToken();
    const next = await invoices.rejectToken(old);
    expect(next.accessToken).toBe(server.issued[1]);
    expect(await invoices.getToken()).toBe(next);
  });

  test("an older token is answered with what is there already", async () => {
    const { invoices, server } = await createWorld();
    const old = await invoices.getToken();
    const next = await invoices.getToken({ forceRenewal: true });
    expect(await invoices.rejectToken(old)).toBe(next);
    expect(server.requests).toHaveLength(2);
  });

  test("20 rejections at once and one late are one token request", async () => {
    const { invoices, server } = await createWorld();
    const old = await invoices.getToken();
    const results = await atOnce(20, () => invoices.rejectToken(old));
    results.push(await invoices.rejectToken(old));
    expect(new Set(results).size).toBe(1);
    expect(server.requests).toHaveLength(2);
  });

  test("the first rejection is answered with a new token, however young the old one is", async () => {
    const { invoices } = await createWorld();
    const old = await invoices.getToken();
    expect(await invoices.rejectToken(old)).not.toBe(old);
  });

  test("calls that come meanwhile wait for the replacement", async () => {
    const { invoices, server } = await createWorld();
    const old = await invoices.getToken();
    const replacing = invoices.rejectToken(old);
    expect(invoices.peekToken()).toBeUndefined();
    expect(await invoices.getToken()).toBe(await replacing);
    expect(server.requests).toHaveLength(2);
  });
});

describe("where no replacement can be had", () => {
  test("the API's own 401 surfaces, and the old token serves again", async () => {
    const world = await createWorld();
    await world.invoicesFetch(world.api);
    world.answerApiNext(refuse());
    world.server.answerAlways(() => new Response(null, { status: 503 }));
    const { result } = await letTimePass(world.clock, world.invoicesFetch(world.api));
    expect(result).toMatchObject({ value: { status: 401 } });

    const next = await letTimePass(world.clock, world.invoicesFetch(world.api));
    expect(next.result).toMatchObject({ value: { status: 200 } });
    expect(new Set(authorizations(world)).size).toBe(1);
  });

  test("a server that gives the same token again: the 401 surfaces, and the cool-down runs", async () => {
    const world = await createWorld({ response: { access_token: "always-the-same" } });
    world.answerApiAlways(refuse());
    expect((await world.invoicesFetch(world.api)).status).toBe(401);
    expect(world.server.requests).toHaveLength(2);
    expect((await world.invoicesFetch(world.api)).status).toBe(401);
    expect(world.server.requests).toHaveLength(2);
    expect(world.seen).toHaveLength(2);
  });
});

test("a body that cannot be sent again: the token is replaced for the calls to come", async () => {
  const world = await createWorld();
  await world.invoicesFetch(world.api);
  world.server.revoke();
  const body = new Blob(["a stream"]).stream();
  const response = await world.invoicesFetch(world.api, {
    method: "POST",
    body,
    duplex: "half",
  } as RequestInit);
  expect(response.status).toBe(401);
  await eventually(() => expect(world.server.requests).toHaveLength(2));
  expect((await world.invoicesFetch(world.api)).status).toBe(200);
});
