import { createPrivateKey, generateKeyPairSync, sign as nodeSign } from "node:crypto";
import {
  decodeProtectedHeader,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  jwtVerify,
  type JWTVerifyResult,
} from "jose";
import { describe, expect, test } from "vitest";
import {
  clientSecretJwt,
  ConfigurationError,
  privateKeyJwt,
  TokenClientError,
  type ClientAssertion,
  type PrivateKey,
  type PrivateKeyJwtOptions,
  type SigningAlgorithm,
} from "@client-token/core";
import { acceptOnly, assertionsSentTo, createAuthenticationWorld } from "../support/authentication.ts";
import { errorOf, failureOf, inARow } from "../support/calls.ts";
import { tokenEndpoint } from "../support/in-memory.ts";
import { everythingShownBy } from "../support/leaks.ts";

const algorithms: readonly SigningAlgorithm[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

const made = new Map<SigningAlgorithm, Promise<Pair>>();
const pairFor = (algorithm: SigningAlgorithm): Promise<Pair> => {
  const pair = made.get(algorithm) ?? generateKeyPair(algorithm, { extractable: true });
  made.set(algorithm, pair);
  return pair;
};

/** The assertion of one token request, verified as a server does. */
async function assertionBy(
  clientAssertion: ClientAssertion,
  key: Parameters<typeof jwtVerify>[1],
): Promise<JWTVerifyResult> {
  const { server, clock, invoices } = createAuthenticationWorld({ clientAssertion });
  await invoices.getToken();
  return jwtVerify(assertionsSentTo(server)[0] ?? "", key, { currentDate: new Date(clock.now()) });
}

describe.each(algorithms)("%s", (algorithm) => {
  test.each<[form: string, convert: (pair: Pair) => PrivateKey | Promise<PrivateKey>]>([
    ["a JWK", ({ privateKey }) => exportJWK(privateKey)],
    ["PEM", ({ privateKey }) => exportPKCS8(privateKey)],
    [
      "PEM whose line breaks are escaped",
      async ({ privateKey }) => (await exportPKCS8(privateKey)).replaceAll("\n", String.raw`\n`),
    ],
    ["a CryptoKey", ({ privateKey }) => privateKey],
    [
      "a non-extractable CryptoKey",
      async ({ privateKey }) =>
        crypto.subtle.importKey(
          "pkcs8",
          await crypto.subtle.exportKey("pkcs8", privateKey),
          privateKey.algorithm,
          false,
          ["sign"],
        ),
    ],
    ["a signer", async ({ privateKey }) => signerOf(await exportPKCS8(privateKey), algorithm)],
  ])("signs with %s, and the header says so", async (_, convert) => {
    const pair = await pairFor(algorithm);
    const key = await convert(pair);
    const { protectedHeader } = await assertionBy(privateKeyJwt({ key, algorithm }), pair.publicKey);
    expect(protectedHeader).toEqual({ alg: algorithm });
  });
});

/** What a key management service does: Node signs, and the key stays where it is. */
function signerOf(pem: string, algorithm: SigningAlgorithm): PrivateKey {
  const key = createPrivateKey(pem);
  const hash = algorithm.startsWith("Ed") ? null : `sha${algorithm.slice(2)}`;
  const padding = algorithm.startsWith("PS")
    ? { padding: 6, saltLength: Number(algorithm.slice(2)) / 8 }
    : {};
  return { sign: async (data) => nodeSign(hash, data, { key, dsaEncoding: "ieee-p1363", ...padding }) };
}

describe("the assertion", () => {
  test("says who asks, whom, when, for a minute, and only once", async () => {
    const { privateKey, publicKey } = await pairFor("ES256");
    const clientAssertion = privateKeyJwt({ key: privateKey, algorithm: "ES256", keyId: "2030-01" });
    const { payload, protectedHeader } = await assertionBy(clientAssertion, publicKey);
    const now = Date.UTC(2030, 0, 1) / 1000;
    expect(protectedHeader).toEqual({ alg: "ES256", kid: "2030-01" });
    expect(payload).toEqual({
      iss: "invoices-app",
      sub: "invoices-app",
      aud: tokenEndpoint,
      iat: now,
      exp: now + 60,
      jti: expect.stringMatching(/^[\da-f-]{36}$/) as string,
    });
    expect((await assertionBy(clientAssertion, publicKey)).payload.jti).not.toBe(payload.jti);
  });

  test("is for whom the options say, and as long", async () => {
    const { privateKey, publicKey } = await pairFor("ES256");
    const { payload } = await assertionBy(
      privateKeyJwt({
        key: privateKey,
        algorithm: "ES256",
        audience: "https://sts.company.com",
        lifetime: 300,
      }),
      publicKey,
    );
    expect(payload).toMatchObject({ aud: "https://sts.company.com", exp: (payload.iat ?? 0) + 300 });
  });

  test("names the key as it calls itself, unless the options name it", async () => {
    const { privateKey, publicKey } = await pairFor("ES256");
    const jwk = {
      ...(await exportJWK(privateKey)),
      kid: "of-the-jwk",
      alg: "ES256",
      use: "sig",
      key_ops: ["sign"],
    };
    const kidOf = async (options: Partial<PrivateKeyJwtOptions>): Promise<unknown> =>
      (await assertionBy(privateKeyJwt({ key: jwk, algorithm: "ES256", ...options }), publicKey))
        .protectedHeader.kid;
    const signer = {
      ...(signerOf(await exportPKCS8(privateKey), "ES256") as object),
      keyId: "of-the-signer",
    };
    expect(await kidOf({})).toBe("of-the-jwk");
    expect(await kidOf({ keyId: "of-the-options" })).toBe("of-the-options");
    expect(await kidOf({ key: signer as PrivateKey })).toBe("of-the-signer");
  });

  test("of a JWK for EdDSA may be called Ed25519, and the other way round", async () => {
    const { privateKey, publicKey } = await pairFor("EdDSA");
    const jwk = await exportJWK(privateKey);
    const headers = await Promise.all([
      assertionBy(privateKeyJwt({ key: { ...jwk, alg: "EdDSA" }, algorithm: "Ed25519" }), publicKey),
      assertionBy(privateKeyJwt({ key: { ...jwk, alg: "Ed25519" }, algorithm: "EdDSA" }), publicKey),
    ]);
    expect(headers.map(({ protectedHeader }) => protectedHeader.alg)).toEqual(["Ed25519", "EdDSA"]);
  });
});

describe("a key that cannot sign is an error that says what to do", () => {
  const pem = (type: "pkcs1" | "sec1" | "pkcs8" | "spki"): string => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const exported =
      type === "spki"
        ? rsa.publicKey.export({ format: "pem", type })
        : type === "sec1"
          ? ec.privateKey.export({ format: "pem", type })
          : rsa.privateKey.export({ format: "pem", type });
    return exported.toString();
  };
  const encrypted = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
    format: "pem",
    type: "pkcs8",
    cipher: "aes-256-cbc",
    passphrase: "x",
  });
  const block = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
  const ec = { kty: "EC", crv: "P-256", x: "x", y: "y", d: "secret-part" };

  test.each<[what: string, key: unknown, algorithm: SigningAlgorithm, message: RegExp]>([
    ["no key", undefined, "ES256", /is empty: set the environment variable that it comes from\.$/],
    ["an empty key", "", "ES256", /is empty: set the environment variable that it comes from\.$/],
    ["null", null, "ES256", /is empty/],
    ["a number", 4711, "ES256", /is no key: give PEM, a JWK, a CryptoKey, or an object that can sign/],
    [
      "PKCS#1",
      pem("pkcs1"),
      "RS256",
      /is PEM that is not PKCS#8 \(RSA PRIVATE KEY\): convert it with "openssl pkey -in key.pem -out pkcs8.pem"/,
    ],
    ["SEC 1", pem("sec1"), "ES256", /\(EC PRIVATE KEY\): .* "openssl pkey -in/],
    ["encrypted PEM", encrypted, "RS256", /\(ENCRYPTED PRIVATE KEY\): .* "openssl pkey -in/],
    ["a key of OpenSSH", block("OPENSSH PRIVATE KEY"), "ES256", /"ssh-keygen -p -m PKCS8 -f key"/],
    ["a public key", pem("spki"), "RS256", /\(PUBLIC KEY\): give the private key/],
    ["a certificate", block("CERTIFICATE"), "RS256", /\(CERTIFICATE\): give the private key/],
    ["a path", "/etc/keys/invoices.pem", "RS256", /is no PEM, .* a JWK is given as an object/],
    ["JSON", JSON.stringify(ec), "ES256", /is no PEM, .* a JWK is given as an object/],
    ["half a PEM", pem("pkcs8").slice(0, 200), "RS256", /is PEM that is not whole/],
    [
      "a public JWK",
      { ...ec, d: undefined },
      "ES256",
      /is a public key, without a member d: give the private one/,
    ],
    [
      "a shared secret",
      { kty: "oct", k: "secret-part" },
      "ES256",
      /is a shared secret: clientSecretJwt\(\) signs/,
    ],
    [
      "a JWK of another curve",
      ec,
      "ES384",
      /is EC P-256, and ES384 needs EC P-384: give the algorithm of the key/,
    ],
    ["a JWK of another kind", ec, "RS256", /is EC P-256, and RS256 needs RSA/],
    [
      "a JWK for another algorithm",
      { kty: "RSA", n: "n", e: "e", d: "secret-part", alg: "RS256" },
      "PS256",
      /is for RS256 by its alg, and not for PS256/,
    ],
    ["an object that is no key", {}, "ES256", /is no key: give PEM/],
    ["a KeyObject of Node", generateKeyPairSync("ed25519").privateKey, "EdDSA", /is no key: give PEM, a JWK/],
    ["an empty PEM", block("PRIVATE KEY").replace("AAAA", "\u{fc}"), "ES256", /is PEM that is not whole/],
  ])("%s", async (_, key, algorithm, message) => {
    const options = { key, algorithm } as PrivateKeyJwtOptions;
    const error = errorOf(() => privateKeyJwt(options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/^"key" of privateKeyJwt /);
    expect(error.message).toMatch(message);
    expect(everythingShownBy(error)).not.toContain("secret-part");

    // The same key from a function is found out when it is used.
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: privateKeyJwt({ ...options, key: () => key as PrivateKey }),
    });
    const late = await failureOf(invoices.getToken());
    expect(late).toBeInstanceOf(TokenClientError);
    expect(late).toMatchObject({ code: "ERR_TOKEN_CREDENTIAL", client: "invoices" });
    expect(late.message).toMatch(message);
    expect(server.requests).toHaveLength(0);
    expect(everythingShownBy(late)).not.toContain("secret-part");
  });

  test.each<[what: string, made: SigningAlgorithm, algorithm: SigningAlgorithm, message: RegExp]>([
    ["hash", "RS256", "RS512", /is RSASSA-PKCS1-v1_5 SHA-256, and cannot sign RS512/],
    ["padding", "RS256", "PS256", /is RSASSA-PKCS1-v1_5 SHA-256, and cannot sign PS256/],
    ["curve", "ES256", "ES384", /is ECDSA P-256, and cannot sign ES384/],
    ["kind", "Ed25519", "ES256", /is Ed25519, and cannot sign ES256/],
  ])("a CryptoKey of another %s", async (_, of, algorithm, message) => {
    const { privateKey: key } = await pairFor(of);
    expect(errorOf(() => privateKeyJwt({ key, algorithm })).message).toMatch(message);
  });

  test("a CryptoKey that is public, or may not sign", async () => {
    const { publicKey: key } = await pairFor("ES256");
    expect(errorOf(() => privateKeyJwt({ key, algorithm: "ES256" })).message).toMatch(
      /is a public key: give/,
    );
    const { privateKey } = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, [
      "deriveBits",
    ]);
    expect(errorOf(() => privateKeyJwt({ key: privateKey, algorithm: "ES256" })).message).toMatch(
      /no usage "sign"/,
    );
  });

  test.each<[what: string, key: () => PrivateKey | Promise<PrivateKey>, algorithm: SigningAlgorithm]>([
    ["a PEM of another curve", async () => exportPKCS8((await pairFor("ES384")).privateKey), "ES256"],
    ["a PEM of another kind", async () => exportPKCS8((await pairFor("ES256")).privateKey), "RS256"],
    ["a PEM whose content is cut off", () => pem("pkcs8").replace(/\n[^-]{64}\n/, "\n"), "RS256"],
    ["a JWK with broken members", () => ({ ...ec, d: "AAAA" }), "ES256"],
  ])("%s says so when it is first used", async (_, give, algorithm) => {
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: privateKeyJwt({ key: await give(), algorithm }),
    });
    const error = await failureOf(invoices.getToken());
    expect(error).toMatchObject({
      code: "ERR_TOKEN_CREDENTIAL",
      message: `Client "invoices": the key of privateKeyJwt could not sign ${algorithm}, see the cause: check that it is whole, and for that algorithm.`,
    });
    expect(error.cause).toBeInstanceOf(Error);
    expect(server.requests).toHaveLength(0);
  });

  test.each<[what: string, signature: unknown, message: RegExp]>([
    [
      "DER",
      new Uint8Array(71),
      /ES256 has 64 bytes, and this one 71: give r and s .* \(IEEE P1363\), not DER/,
    ],
    ["nothing", undefined, /64 bytes, and this one 0/],
    ["text", "c2lnbmF0dXJl", /64 bytes, and this one 0/],
  ])("a signer that gives %s", async (_, signature, message) => {
    const key = { sign: async () => signature as Uint8Array };
    const { invoices } = createAuthenticationWorld({
      clientAssertion: privateKeyJwt({ key, algorithm: "ES256" }),
    });
    const error = await failureOf(invoices.getToken());
    expect(error).toMatchObject({ code: "ERR_TOKEN_CREDENTIAL" });
    expect(String(error.cause)).toMatch(message);
  });

  test("a signer that fails", async () => {
    const key = {
      sign: () => Promise.reject(Object.assign(new Error("throttled"), { request: { token: "kms-token" } })),
    };
    const { invoices } = createAuthenticationWorld({
      clientAssertion: privateKeyJwt({ key, algorithm: "RS256" }),
    });
    const error = await failureOf(invoices.getToken());
    expect(error.cause).toMatchObject({ message: "throttled" });
    expect(everythingShownBy(error)).not.toContain("kms-token");
  });
});

describe("a mistake in the options is an error that says what to do", () => {
  test.each<[what: string, options: object, message: RegExp]>([
    ["no algorithm", {}, /"algorithm" of privateKeyJwt is none of RS256, .*Ed25519/],
    ["an algorithm of secrets", { algorithm: "HS256" }, /"algorithm" of privateKeyJwt is none of/],
    ["a name of every object", { algorithm: "toString" }, /"algorithm" of privateKeyJwt is none of/],
    [
      "a life in milliseconds",
      { algorithm: "ES256", lifetime: 60_000 },
      /"lifetime" .* in seconds, from 1 to 3 600/,
    ],
    ["an empty audience", { algorithm: "ES256", audience: "" }, /"audience" .* is empty/],
    ["an unknown option", { algorithm: "ES256", kid: "1" }, /"kid" of privateKeyJwt is not an option/],
  ])("%s", async (_, options, message) => {
    const { privateKey: key } = await pairFor("ES256");
    expect(errorOf(() => privateKeyJwt({ key, ...options } as PrivateKeyJwtOptions)).message).toMatch(
      message,
    );
  });
});

describe("a key from a function", () => {
  test("is asked for each try, and a rotated one causes no failed call", async () => {
    const makeKey = async (kid: string): Promise<PrivateKey> => {
      const { privateKey } = await generateKeyPair("ES256", { extractable: true });
      return { ...(await exportJWK(privateKey)), kid };
    };
    const keys = [await makeKey("old"), await makeKey("new")];
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: privateKeyJwt({ key: async () => keys.shift()!, algorithm: "ES256" }),
    });
    const kidOf = (assertion: string | null): unknown => decodeProtectedHeader(assertion ?? "").kid;
    acceptOnly(server, ({ form }) => kidOf(form.get("client_assertion")) === "new");
    await expect(invoices.getToken()).resolves.toBeDefined();
    expect(assertionsSentTo(server).map(kidOf)).toEqual(["old", "new"]);
  });

  test.each<[form: string, convert: (key: CryptoKey) => Promise<PrivateKey>]>([
    ["a JWK", (key) => exportJWK(key)],
    ["PEM", (key) => exportPKCS8(key)],
    ["a CryptoKey", async (key) => key],
  ])("that is still the refused one is not sent again, however often it is read (%s)", async (_, convert) => {
    const { privateKey } = await pairFor("ES256");
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: privateKeyJwt({ key: () => convert(privateKey), algorithm: "ES256" }),
    });
    acceptOnly(server, () => false);
    await inARow(5, () => failureOf(invoices.getToken()));
    expect(server.requests).toHaveLength(1);
  });
});

describe("the clock of the server", () => {
  const minutes = 60_000;
  const dated = (status: number, ahead: number, body: object, now: number): Response =>
    Response.json(body, { status, headers: { date: new Date(now + ahead).toUTCString() } });

  test.each([-10 * minutes, 10 * minutes])(
    "that differs by %d ms is learnt, and no call fails for it",
    async (ahead) => {
      const { privateKey, publicKey } = await pairFor("ES256");
      const { server, clock, invoices } = createAuthenticationWorld({
        clientAssertion: privateKeyJwt({ key: privateKey, algorithm: "ES256" }),
      });
      server.answerAlways(async ({ form }) => {
        const { payload } = await jwtVerify(form.get("client_assertion") ?? "", publicKey, {
          currentDate: new Date(0),
          clockTolerance: 1e12,
        });
        const isRight = Math.abs((payload.iat ?? 0) * 1000 - clock.now() - ahead) <= 2000;
        return isRight
          ? dated(200, ahead, { access_token: "t", expires_in: 3600 }, clock.now())
          : dated(401, ahead, { error: "invalid_client" }, clock.now());
      });
      await expect(invoices.getToken()).resolves.toBeDefined();
      expect(server.requests).toHaveLength(2);
      await invoices.getToken({ forceRenewal: true });
      expect(server.requests).toHaveLength(3);
    },
  );

  test("is not learnt from a small difference", async () => {
    const { privateKey, publicKey } = await pairFor("ES256");
    const { server, clock, invoices } = createAuthenticationWorld({
      clientAssertion: privateKeyJwt({ key: privateKey, algorithm: "ES256" }),
    });
    server.answerAlways(() => dated(200, 4000, { access_token: "t", expires_in: 3600 }, clock.now()));
    await inARow(2, () => invoices.getToken({ forceRenewal: true }));
    const { payload } = await jwtVerify(assertionsSentTo(server)[1] ?? "", publicKey, {
      currentDate: new Date(clock.now()),
    });
    expect(payload.iat).toBe(Math.floor(clock.now() / 1000));
  });

  test("is of no interest to a secret: a refusal stays one", async () => {
    const { server, clock, invoices } = createAuthenticationWorld({ clientSecret: () => "s3cret" });
    server.answerAlways(() => dated(401, 10 * minutes, { error: "invalid_client" }, clock.now()));
    await failureOf(invoices.getToken());
    expect(server.requests).toHaveLength(1);
  });
});

describe("clientSecretJwt", () => {
  const secret = "a-shared-secret-of-more-than-32-bytes-and-some-more-for-HS512";
  const key = new TextEncoder().encode(secret);

  test.each(["HS256", "HS384", "HS512"] as const)(
    "signs with the secret (%s), and does not send it",
    async (algorithm) => {
      const { server, clock, invoices } = createAuthenticationWorld({
        clientAssertion: clientSecretJwt(secret, { algorithm }),
      });
      await invoices.getToken();
      const { payload, protectedHeader } = await jwtVerify(assertionsSentTo(server)[0] ?? "", key, {
        currentDate: new Date(clock.now()),
      });
      expect(protectedHeader).toEqual({ alg: algorithm });
      expect(payload).toMatchObject({ iss: "invoices-app", sub: "invoices-app", aud: tokenEndpoint });
      expect(String(server.requests[0]?.form)).not.toContain(secret);
      expect(server.requests[0]?.headers.has("authorization")).toBe(false);
    },
  );

  test("takes HS256 unless told otherwise", async () => {
    expect((await assertionBy(clientSecretJwt(secret), key)).protectedHeader.alg).toBe("HS256");
  });

  test("asks a function for the secret in force", async () => {
    const secrets = ["old-secret", secret];
    const { server, clock, invoices } = createAuthenticationWorld({
      clientAssertion: clientSecretJwt(async () => secrets.shift() ?? secret),
    });
    server.answerNext(() => new Response(null, { status: 401 }));
    await invoices.getToken();
    const [first, second] = assertionsSentTo(server);
    const verified = (assertion: string): Promise<JWTVerifyResult> =>
      jwtVerify(assertion, key, { currentDate: new Date(clock.now()) });
    await expect(verified(first ?? "")).rejects.toThrow("signature");
    await expect(verified(second ?? "")).resolves.toBeDefined();
  });

  test("sends a refused secret's assertions once", async () => {
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: clientSecretJwt(() => secret),
    });
    acceptOnly(server, () => false);
    await inARow(5, () => failureOf(invoices.getToken()));
    expect(server.requests).toHaveLength(1);
  });

  test.each<[what: string, secret: unknown, options: object, message: RegExp]>([
    [
      "no secret",
      undefined,
      {},
      /"secret" of clientSecretJwt is undefined: is the environment variable set\?/,
    ],
    ["an empty secret", "", {}, /"secret" of clientSecretJwt is empty/],
    [
      "another kind of algorithm",
      secret,
      { algorithm: "RS256" },
      /"algorithm" of clientSecretJwt is none of HS256/,
    ],
    ["a bad life", secret, { lifetime: 0 }, /"lifetime" of clientSecretJwt is 0/],
  ])("%s is a mistake that is found at construction", (_, given, options, message) => {
    expect(errorOf(() => clientSecretJwt(given as string, options)).message).toMatch(message);
  });

  test("a function that gives nothing is a typed error", async () => {
    const { invoices } = createAuthenticationWorld({ clientAssertion: clientSecretJwt(() => "") });
    expect(await failureOf(invoices.getToken())).toMatchObject({ code: "ERR_TOKEN_CREDENTIAL" });
  });
});
