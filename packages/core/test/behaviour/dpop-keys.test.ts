import {
  ConfigurationError,
  createTokenManager,
  memoryTokenCache,
  sharedTokenCache,
  withClientToken,
  type CacheEntry,
  type TokenManager,
} from "@client-token/core";
import { dpop, type DpopKey, type SigningAlgorithm } from "@client-token/core/dpop";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import { describe, expect, test, vi } from "vitest";
import { createDpopWorld, type DpopWorld } from "../support/dpop-world.ts";

/** A key of one's own, in both of its forms. */
async function createKey(alg = "ES256", pairAlg = alg) {
  const pair = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(pair.privateKey)), alg: pairAlg };
  return { pair, jwk: jwk as JWK & DpopKey, thumbprint: await calculateJwkThumbprint(jwk) };
}

/** A second process with the same client, and a call of the API by it. */
function another({ client, clock, api }: DpopWorld, options: Parameters<typeof createTokenManager>[0]) {
  const manager = createTokenManager({ clients: { invoices: client }, clock, ...options });
  return { manager, call: callOf({ api, manager }) };
}

function callOf({ api, manager }: { api: { url: string }; manager: TokenManager }) {
  const call = withClientToken("invoices", { manager })(fetch);
  return async () => (await call(`${api.url}/list`)).status;
}

const thumbprints = (proofs: DpopWorld["api"]["proofs"]): string[] =>
  proofs.map(({ thumbprint }) => thumbprint);

describe("a given key signs the proofs", () => {
  test.each(["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "EdDSA"])(
    "as JWK and as CryptoKeyPair: %s",
    async (algorithm) => {
      const { jwk, pair, thumbprint } = await createKey(algorithm);
      const named = algorithm === "EdDSA" ? "Ed25519" : algorithm;
      for (const [key, said] of [
        [jwk, algorithm],
        [pair, named],
      ] as const) {
        const world = await createDpopWorld({ client: { dpop: dpop({ key }) } });
        expect(await callOf(world)()).toBe(200);
        expect(world.sts.proofs).toMatchObject([{ thumbprint, algorithm: said }]);
        expect(world.api.proofs).toMatchObject([{ thumbprint, algorithm: said }]);
      }
    },
  );

  test("also where its private part cannot be exported, and under the name that the server knows", async () => {
    const { privateKey, publicKey } = await generateKeyPair("Ed25519");
    const world = await createDpopWorld({
      client: { dpop: dpop({ key: { privateKey, publicKey }, algorithm: "EdDSA" }) },
    });
    expect(await callOf(world)()).toBe(200);
    expect(world.sts.proofs).toMatchObject([{ algorithm: "EdDSA" }]);
  });
});

describe("a key that cannot sign proofs", () => {
  test.each<[string, unknown, RegExp]>([
    ["undefined", undefined, /"key" of dpop\(\) is undefined: is it set\?/],
    ["text", "hush", /is no key: give a private JWK, a CryptoKeyPair/],
    ["null", null, /is no key/],
    ["a public JWK", { kty: "EC", crv: "P-256", x: "x", y: "y", alg: "ES256" }, /give the private one/],
    [
      "a JWK without alg",
      { kty: "EC", crv: "P-256", d: "PRIVATE" },
      /does not say how it signs: give the JWK an alg/,
    ],
    ["an unknown alg", { kty: "EC", crv: "P-256", d: "PRIVATE", alg: "HS256" }, /does not say how it signs/],
    ["a shared secret", { kty: "oct", k: "PRIVATE", alg: "ES256" }, /shared secret/],
    ["another kind of key", { kty: "RSA", d: "PRIVATE", alg: "ES256" }, /is RSA, and ES256 needs EC P-256/],
  ])("is refused at construction: %s", (_, key, message) => {
    const make = (): unknown => dpop({ key: key as DpopKey });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
    expect(make).not.toThrow(/PRIVATE|hush/);
  });

  test("so are options that do not exist", () => {
    expect(() => dpop({ algorithm: "HS256" as SigningAlgorithm })).toThrow(
      /"algorithm" of dpop\(\) is none of RS256/,
    );
    expect(() => dpop({ kee: 1 } as object)).toThrow(/"kee" of dpop\(\) is not an option/);
  });

  test("a client takes only what dpop() made", async () => {
    const { client, manager } = await createDpopWorld();
    expect(() => manager.register("wrong", { ...client, dpop: {} as ReturnType<typeof dpop> })).toThrow(
      /"dpop" of client "wrong" was not made by dpop\(\)/,
    );
  });

  test.each<[string, () => Promise<DpopKey>, RegExp]>([
    [
      "a function that fails",
      async () => Promise.reject(new Error("vault is down")),
      /could not be had, see the cause/,
    ],
    ["a function that gives nothing", async () => undefined as unknown as DpopKey, /is no key/],
    [
      "a damaged JWK",
      async () => ({ ...(await createKey()).jwk, x: "AAAA" }),
      /cannot sign proofs, see the cause/,
    ],
    [
      "a pair that may not sign",
      async () => {
        const { publicKey } = (await createKey()).pair;
        return { publicKey, privateKey: publicKey };
      },
      /cannot sign proofs/,
    ],
    [
      "a pair whose public key is hidden",
      async () => {
        const { jwk, pair } = await createKey();
        const { d: _, alg: __, ...shown } = jwk;
        const form = { name: "ECDSA", namedCurve: "P-256" };
        const publicKey = await crypto.subtle.importKey("jwk", shown as JsonWebKey, form, false, ["verify"]);
        return { ...pair, publicKey };
      },
      /cannot sign proofs/,
    ],
  ])("is a typed error at run time: %s", async (_, key, message) => {
    const { sts, manager } = await createDpopWorld({ client: { dpop: dpop({ key }) } });
    const call = manager.getToken("invoices");
    await expect(call).rejects.toMatchObject({ code: "ERR_TOKEN_CREDENTIAL", client: "invoices" });
    await expect(call).rejects.toThrow(message);
    expect(sts.seen).toHaveLength(0);
  });

  test("is one for another algorithm too", async () => {
    const { pair } = await createKey("ES256");
    const { manager } = await createDpopWorld({ client: { dpop: dpop({ key: pair, algorithm: "ES384" }) } });
    const error: unknown = await manager.getToken("invoices").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ cause: { message: "It signs ES256, and not ES384." } });
  });

  test("is asked for again by the next call, when it may be another", async () => {
    const { jwk } = await createKey();
    let broken = true;
    const world = await createDpopWorld({
      client: { dpop: dpop({ key: async () => (broken ? { ...jwk, x: "AAAA" } : jwk) }) },
    });
    await expect(world.manager.getToken("invoices")).rejects.toThrow(/cannot sign/);
    broken = false;
    await world.clock.advance(60_000);
    expect(await callOf(world)()).toBe(200);
  });
});

test("a key that could not be made is made by the next call that may try", async () => {
  const world = await createDpopWorld();
  vi.spyOn(crypto.subtle, "generateKey").mockRejectedValueOnce(new Error("busy"));
  await expect(world.manager.getToken("invoices")).rejects.toThrow(/cannot sign proofs, see the cause/);
  await world.clock.advance(60_000);
  expect(await callOf(world)()).toBe(200);
});

describe("a key that rotates", () => {
  test("a token goes on with the key that it is bound to, and the next one has the new key", async () => {
    const keys = [await createKey(), await createKey()] as const;
    let current = 0;
    const world = await createDpopWorld({
      client: { dpop: dpop({ key: () => keys[current]?.jwk as DpopKey }) },
    });
    const call = callOf(world);
    await call();
    current = 1;
    await call();
    await world.manager.getToken("invoices", { forceRenewal: true });
    await call();

    expect(world.api.refusals).toEqual([]);
    expect(thumbprints(world.api.proofs)).toEqual(
      [keys[0], keys[0], keys[1]].map(({ thumbprint }) => thumbprint),
    );
    expect(thumbprints(world.sts.proofs)).toEqual(keys.map(({ thumbprint }) => thumbprint));
  });

  test("and costs no nonce", async () => {
    const keys = [await createKey(), await createKey()] as const;
    let current = 0;
    const world = await createDpopWorld({
      client: { dpop: dpop({ key: () => keys[current]?.jwk as DpopKey }) },
    });
    world.sts.askForNonces("rotating");
    world.api.askForNonces("rotating");
    const call = callOf(world);
    await call();
    current = 1;
    await world.manager.getToken("invoices", { forceRenewal: true });
    await call();
    expect(world.sts.refusals).toHaveLength(1);
    expect(world.api.refusals).toHaveLength(1);
  });
});

describe("in a shared cache", () => {
  /** A cache, and everything that was ever stored there. */
  function createCache() {
    const entries = new Map<string, CacheEntry>();
    const stored: CacheEntry[] = [];
    const cache = sharedTokenCache({
      get: async (key) => entries.get(key),
      set: async (key, entry) => {
        stored.push(entry);
        entries.set(key, entry);
      },
    });
    return { cache, stored };
  }

  test("processes with the same key share a token, and each proves it has the key", async () => {
    const { jwk, pair } = await createKey();
    const { cache, stored } = createCache();
    const world = await createDpopWorld({ client: { dpop: dpop({ key: jwk }) }, manager: { cache } });
    const other = another({ ...world, client: { ...world.client, dpop: dpop({ key: pair }) } }, { cache });

    expect(await callOf(world)()).toBe(200);
    expect(await other.call()).toBe(200);

    expect(world.sts.seen).toHaveLength(1);
    expect(world.api.refusals).toEqual([]);
    expect(stored.length).toBeGreaterThan(0);
    expect(JSON.stringify(stored), "no private key is stored").not.toContain(jwk.d);
  });

  test("processes with another key do not get it, and neither does one without dpop", async () => {
    const { cache } = createCache();
    const { jwk } = await createKey();
    const world = await createDpopWorld({ client: { dpop: dpop({ key: jwk }) }, manager: { cache } });
    await callOf(world)();
    const key = (await createKey()).jwk;
    const other = another({ ...world, client: { ...world.client, dpop: dpop({ key }) } }, { cache });

    expect(await other.call()).toBe(200);
    expect(world.sts.seen).toHaveLength(2);

    const { dpop: _, ...plain } = world.client;
    world.sts.answerNext(() =>
      Response.json({ access_token: "plain", token_type: "Bearer", expires_in: 60 }),
    );
    const { accessToken } = await another({ ...world, client: plain }, { cache }).manager.getToken(
      "invoices",
    );
    expect(accessToken).toBe("plain");
  });

  test("tokens of a key that was made here are not stored at all", async () => {
    const { cache, stored } = createCache();
    const world = await createDpopWorld({ manager: { cache } });
    await callOf(world)();
    await world.manager.deleteToken("invoices");
    expect(stored).toEqual([]);
  });

  test("after a rotation the new key's token is shared under the new key", async () => {
    const keys = [await createKey(), await createKey()] as const;
    const { cache } = createCache();
    let current = 0;
    const rotating = dpop({ key: () => keys[current]?.jwk as DpopKey });
    const world = await createDpopWorld({ client: { dpop: rotating }, manager: { cache } });
    const call = callOf(world);
    await call();
    current = 1;
    const other = another(
      { ...world, client: { ...world.client, dpop: dpop({ key: keys[1].jwk }) } },
      { cache },
    );
    await other.call();
    await world.clock.advance(3_600_000);
    await call();
    await other.call();

    expect(world.sts.seen).toHaveLength(3);
    expect(world.api.refusals).toEqual([]);
    expect(thumbprints(world.api.proofs).slice(-2)).toEqual([keys[1].thumbprint, keys[1].thumbprint]);
  });

  test("a deletion reaches the others, also from a process that has not asked for a token yet", async () => {
    const { jwk } = await createKey();
    const cache = memoryTokenCache();
    const options = { client: { dpop: dpop({ key: async () => jwk }) }, manager: { cache } };
    const world = await createDpopWorld(options);
    const call = callOf(world);
    await call();
    await another(world, { cache }).manager.deleteToken("invoices");
    // The next look at the cache comes after a minute, beside a call.
    await world.clock.advance(61_000);
    await call();
    await expect.poll(async () => (await call(), world.sts.seen.length)).toBe(2);
  });

  test("a deletion ends in time, whatever keeps the key away", async () => {
    const world = await createDpopWorld({
      client: { dpop: dpop({ key: () => new Promise(() => {}) }), timeout: 1000 },
      manager: { cache: memoryTokenCache() },
    });
    const deletion = world.manager.deleteToken("invoices");
    await Promise.all([
      expect(deletion).rejects.toMatchObject({ code: "ERR_TOKEN_CREDENTIAL" }),
      world.clock.advance(1000),
    ]);
  });
});
