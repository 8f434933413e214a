import { createTokenManager, type ClientOptions, type TokenManager } from "@client-token/core";
import { createFakeClock, createFakeTokenServer, type FakeClock } from "@client-token/core/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { failureOf } from "../support/calls.ts";
import { eventually } from "../support/time.ts";

const issuer = "https://sts.test";
const oidc = "/.well-known/openid-configuration";
const oauth = "/.well-known/oauth-authorization-server";
const hour = 3_600_000;

interface World {
  readonly tokens: TokenManager<"invoices">;
  readonly clock: FakeClock;
  /** All URLs that were asked, in order. */
  readonly asked: string[];
  /** What is published, by path; a status instead of metadata is an answer without any. */
  readonly published: Record<string, unknown>;
  /** Answers token requests in place of a token, by URL. */
  readonly refusing: Map<string, number>;
}

/** An issuer without a network; `metadata` are published for OpenID Connect unless `published` says otherwise. */
function createWorld(metadata: unknown, options: Partial<ClientOptions> = {}): World {
  const server = createFakeTokenServer();
  const clock = createFakeClock();
  const asked: string[] = [];
  const published: Record<string, unknown> = { [oidc]: metadata };
  const refusing = new Map<string, number>();
  const tokens = createTokenManager({
    clients: { invoices: { issuer, clientId: "app", clientSecret: "s3cret", ...options } as ClientOptions },
    clock,
    async httpClient(input, init) {
      const request = new Request(input, init);
      const { pathname } = new URL(request.url);
      asked.push(request.url);
      if (request.method === "POST") {
        const status = refusing.get(request.url);
        return status === undefined ? server.token(request) : new Response(null, { status });
      }
      const found = published[pathname];
      if (found instanceof Error) throw found;
      if (typeof found === "number") return new Response(null, { status: found });
      return found === undefined ? new Response(null, { status: 404 }) : Response.json(found);
    },
  });
  onTestFinished(() => tokens.close());
  return { tokens, clock, asked, published, refusing };
}

const usual = { issuer, token_endpoint: `${issuer}/token` };

describe("the token endpoint of an issuer", () => {
  test("is the one that its OpenID Connect metadata name", async () => {
    const { tokens, asked } = createWorld(usual);
    await tokens.getToken("invoices");
    expect(asked).toEqual([issuer + oidc, `${issuer}/token`]);
  });

  test("or that its OAuth metadata name, where there are no others", async () => {
    const { tokens, asked, published } = createWorld(undefined);
    published[oauth] = usual;
    await tokens.getToken("invoices");
    expect(asked).toEqual([issuer + oidc, issuer + oauth, `${issuer}/token`]);
  });

  test("is looked up once for all who need it", async () => {
    const { tokens, asked } = createWorld(usual);
    await Promise.all(["list", "write", "send"].map((scope) => tokens.getToken("invoices", { scope })));
    expect(asked.filter((url) => url.endsWith(oidc))).toHaveLength(1);
  });

  test("with a certificate is its alias for that", async () => {
    const aliases = { token_endpoint: "https://mtls.sts.test/token" };
    const { tokens, asked } = createWorld(
      { ...usual, mtls_endpoint_aliases: aliases },
      { clientSecret: () => "s3cret", mutualTls: {} },
    );
    await tokens.getToken("invoices");
    expect(asked.at(-1)).toBe("https://mtls.sts.test/token");
  });

  test("is asked for again after an hour, in the background, and what is known serves in an outage", async () => {
    const { tokens, asked, published, clock } = createWorld(usual);
    await tokens.getToken("invoices");
    published[oidc] = new Error("down");
    await clock.advance(hour);
    await tokens.getToken("invoices", { forceRenewal: true });
    expect(asked.slice(2).toSorted()).toEqual([issuer + oidc, `${issuer}/token`].toSorted());
    published[oidc] = { ...usual, token_endpoint: `${issuer}/new` };
    await tokens.getToken("invoices", { forceRenewal: true });
    await eventually(() => expect(asked.filter((url) => url.endsWith(oidc))).toHaveLength(3));
    await tokens.getToken("invoices", { forceRenewal: true });
    expect(asked.at(-1)).toBe(`${issuer}/new`);
  });

  test.each([404, 410])(
    "that answers %s is looked up again, and asked at once where it is now",
    async (status) => {
      const { tokens, asked, published, refusing } = createWorld(usual);
      await tokens.getToken("invoices");
      refusing.set(`${issuer}/token`, status);
      published[oidc] = { ...usual, token_endpoint: `${issuer}/new` };
      await tokens.getToken("invoices", { forceRenewal: true });
      expect(asked.slice(2)).toEqual([`${issuer}/token`, issuer + oidc, `${issuer}/new`]);
    },
  );

  test("that answers 404 and has not moved is reported", async () => {
    const { tokens, refusing } = createWorld(usual);
    refusing.set(`${issuer}/token`, 404);
    expect(await failureOf(tokens.getToken("invoices"))).toMatchObject({ status: 404 });
  });
});

describe("metadata are refused that", () => {
  test.each([
    ["belong to another issuer", { ...usual, issuer: "https://other.test" }, /calls itself|not its own/],
    ["spell the issuer otherwise", { ...usual, issuer: `${issuer}/` }, /calls itself "https:\/\/sts.test\/"/],
    ["name no token endpoint", { issuer }, /names no token endpoint/],
    ["name an endpoint without TLS", { issuer, token_endpoint: "http://sts.test/token" }, /not safe/],
    ["name an endpoint on this machine", { issuer, token_endpoint: "https://localhost/token" }, /not safe/],
    [
      "name an endpoint with user information",
      { issuer, token_endpoint: "https://a:b@sts.test/token" },
      /not safe/,
    ],
    ["are no object", "hello", /not its own/],
    ["are longer than 1 MiB", { ...usual, more: "x".repeat(1_100_000) }, /more than 1 MiB/],
    ["are not there", undefined, /publishes no metadata/],
  ])("%s", async (_what, metadata, words) => {
    const { tokens, asked } = createWorld(metadata);
    const error = await failureOf(tokens.getToken("invoices"));
    expect(error).toMatchObject({ code: "ERR_TOKEN_DISCOVERY", client: "invoices" });
    expect(error.message).toMatch(words);
    expect(asked.filter((url) => !url.includes(".well-known"))).toEqual([]);
  });

  test("name an endpoint elsewhere without TLS, though the issuer is on this machine and may", async () => {
    const local = "http://127.0.0.1:1";
    const { tokens } = createWorld(
      { issuer: local, token_endpoint: "http://sts.test/token" },
      { issuer: local },
    );
    expect(await failureOf(tokens.getToken("invoices"))).toMatchObject({ code: "ERR_TOKEN_DISCOVERY" });
  });

  test("sit behind a redirect: it is not followed", async () => {
    const { tokens, published } = createWorld(302);
    published[oauth] = 302;
    expect(await failureOf(tokens.getToken("invoices"))).toMatchObject({ code: "ERR_TOKEN_DISCOVERY" });
  });
});

test("metadata that cannot be reached are tried again, and reported as that", async () => {
  const { tokens, asked, clock } = createWorld(503);
  const failure = failureOf(tokens.getToken("invoices"));
  for (let step = 0; step < 20; step++) await clock.advance(500);
  expect(await failure).toMatchObject({ code: "ERR_TOKEN_REQUEST_UNREACHABLE" });
  expect(asked.filter((url) => url.endsWith(oidc))).toHaveLength(3);
});
