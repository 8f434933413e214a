import {
  createTokenManager,
  memoryTokenCache,
  type ClientOptions,
  type TokenManager,
} from "@client-token/core";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalKey } from "../../packages/core/src/cache/canonical-key.ts";
import { resolveClient } from "../../packages/core/src/options/resolve-client.ts";
import { resolveManager } from "../../packages/core/src/options/resolve-manager.ts";
import { tally } from "../../packages/core/test/support/calls.ts";
import { drivers } from "./support/drivers.ts";
import { listen } from "../../packages/core/test/support/listener.ts";

const tenants = Array.from({ length: 1000 }, (_, index) => `tenant-${index}`);

/** Each tenant has an endpoint, a secret and a scope of its own; each API takes the tokens of its tenant. */
async function startTenancy() {
  const { origin, answer } = await listen("http");
  const issuedTo: string[] = [];
  answer(async (request, response) => {
    const [, tenant = "", place] = request.url?.split("/") ?? [];
    const { authorization = "" } = request.headers;
    if (place === "api") {
      response.writeHead(authorization.startsWith(`Bearer ${tenant}.`) ? 200 : 403).end("{}");
      return;
    }
    const form = new URLSearchParams(await text(request));
    const isOwn =
      authorization === `Basic ${btoa(`shared-id:secret+of+${tenant}`)}` &&
      form.get("scope") === `scope-of-${tenant}`;
    if (isOwn) issuedTo.push(tenant);
    // Answers overtake each other.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    const token = { access_token: `${tenant}.${crypto.randomUUID()}`, expires_in: 3600 };
    response.writeHead(isOwn ? 200 : 401).end(JSON.stringify(isOwn ? token : { error: "invalid_client" }));
  });
  return {
    issuedTo,
    optionsOf: (tenant: string): ClientOptions => ({
      tokenEndpoint: `${origin}/${tenant}/token`,
      clientId: "shared-id",
      clientSecret: `secret of ${tenant}`,
      scope: `scope-of-${tenant}`,
    }),
    apiOf: (tenant: string) => `${origin}/${tenant}/api`,
  };
}

/** All work, so much of it at once. */
async function inParallel<T>(width: number, work: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const queue = work.entries();
  const takeTurns = async (): Promise<void> => {
    for (const [index, one] of queue) results[index] = await one();
  };
  await Promise.all(Array.from({ length: width }, takeTurns));
  return results;
}

test("1000 tenants, called at once in random order through all adapters, never see each other's token", async () => {
  const { issuedTo, optionsOf, apiOf } = await startTenancy();
  const cache = memoryTokenCache();
  const seed = Date.now();
  const callAll = async (manager: TokenManager): Promise<Record<string, number>> => {
    const clients = drivers.map(({ connect }) => connect(manager));
    // Each tenant through two of the three.
    const calls = [...tenants, ...tenants].map((tenant, index) => {
      const call = clients[index % clients.length]!;
      return () => call(apiOf(tenant), { client: tenant });
    });
    const [shuffled = []] = fc.sample(fc.shuffledSubarray(calls, { minLength: calls.length }), {
      seed,
      numRuns: 1,
    });
    const answers = await inParallel(200, shuffled);
    return tally(answers.map(({ status }) => status));
  };
  // A machine with much else to do takes its time.
  const process = { cache, resolveClient: async (name: string) => optionsOf(name), timeout: 60_000 };

  const first = createTokenManager(process);
  expect(await callAll(first), `seed ${seed}`).toEqual({ 200: 2000 });
  await first.close();
  expect(issuedTo, "one token request each").toHaveLength(1000);
  expect(new Set(issuedTo).size).toBe(1000);

  const second = createTokenManager(process);
  const found = await inParallel(
    200,
    tenants.map((tenant) => () => second.getToken(tenant)),
  );
  expect(found.map(({ accessToken }) => accessToken.split(".")[0])).toEqual(tenants);
  await second.close();
  expect(issuedTo, "another process has them from the shared cache").toHaveLength(1000);
}, 60_000);

describe("the key", () => {
  /** What tells one tenant from another, and what does not. */
  interface Tenant {
    readonly name: string;
    readonly place: { readonly tokenEndpoint: string } | { readonly issuer: string };
    readonly clientId: string;
    readonly scope: readonly string[];
    readonly certificate: string | undefined;
    readonly secret: string;
  }

  const word = fc.string({ unit: fc.constantFrom("a", "b", ":", "1", "[", "é"), minLength: 1, maxLength: 3 });
  const url = fc.constantFrom("https://sts.test/", "https://sts.test/a", "https://a.test/");
  const tenant: fc.Arbitrary<Tenant> = fc.record({
    name: word,
    place: fc.oneof(
      url.map((tokenEndpoint) => ({ tokenEndpoint })),
      url.map((issuer) => ({ issuer })),
    ),
    clientId: word,
    scope: fc.uniqueArray(fc.constantFrom("read", "write", "a", "b"), { maxLength: 2 }),
    certificate: fc.option(fc.constantFrom("a".repeat(43), "b".repeat(43)), { nil: undefined }),
    secret: fc.uuid(),
  });

  function keyOf({ name, place, clientId, scope, certificate, secret }: Tenant): string {
    const mutualTls = certificate === undefined ? {} : { mutualTls: { thumbprint: certificate } };
    const options = { ...place, clientId, scope, clientSecret: secret, ...mutualTls };
    const client = resolveClient(name, options, resolveManager({}));
    return canonicalKey(client, client.grant);
  }

  test("is shared by two tenants only if they differ in nothing but the credential", () => {
    const meaningOf = ({ name, place, clientId, scope, certificate }: Tenant): string =>
      JSON.stringify([name, Object.values(place), clientId, scope.toSorted(), certificate]);
    const fields = ["name", "place", "clientId", "scope", "certificate", "secret"] as const;
    fc.assert(
      fc.property(tenant, tenant, fc.subarray([...fields]), (one, another, differing) => {
        // Two tenants that have most in common are the ones to be mixed up.
        const other = { ...one, ...Object.fromEntries(differing.map((field) => [field, another[field]])) };
        expect(keyOf(one) === keyOf(other)).toBe(meaningOf(one) === meaningOf(other));
      }),
      { numRuns: 2000 },
    );
  });

  test("of 1000 tenants is 1000 keys", () => {
    const many = fc.uniqueArray(tenant, {
      minLength: 1000,
      maxLength: 1000,
      selector: ({ name, clientId, scope }) => JSON.stringify([name, clientId, scope.toSorted()]),
    });
    fc.assert(
      fc.property(many, (all) => {
        expect(new Set(all.map(keyOf)).size).toBe(1000);
      }),
      { numRuns: 5 },
    );
  });

  test("does not contain the credential: a token outlives the secret that fetched it", () => {
    fc.assert(
      fc.property(tenant, fc.uuid(), (one, secret) => {
        expect(keyOf(one)).not.toContain(one.secret);
        expect(keyOf({ ...one, secret })).toBe(keyOf(one));
      }),
    );
  });
});
