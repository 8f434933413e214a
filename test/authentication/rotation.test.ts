import { generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientSecretJwt, privateKeyJwt, type ClientOptions } from "@client-token/core";
import { assertionFromFile } from "@client-token/core/node";
import { importJWK, SignJWT } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { atOnce } from "../../packages/core/test/support/calls.ts";
import { startApi } from "./support/api.ts";
import { startAuthorizationServer } from "../../packages/core/test/support/authorization-server.ts";
import { drivers } from "./support/drivers.ts";
import type { Registration } from "./support/method.ts";
import { createWorld } from "./support/world.ts";

const keys = Array.from({ length: 3 }, () => generateKeyPairSync("ec", { namedCurve: "P-256" }));
const privateJwk = (version: number): JsonWebKey => keys[version]!.privateKey.export({ format: "jwk" });
const publicJwk = (version: number): JsonWebKey => keys[version]!.publicKey.export({ format: "jwk" });
const secretOf = (version: number): string => `secret of version ${version}, more than 32 bytes`;

/** A credential that comes in versions. */
interface Credential {
  readonly name: string;
  /** What the server knows of a version. */
  readonly registration: (version: number) => Registration;
  /** A client that gives the version in force where it asks. */
  readonly options: (inForce: () => number) => Partial<ClientOptions>;
}

const credentials: readonly Credential[] = [
  {
    name: "secret",
    registration: (version) => ({ client_secret: secretOf(version) }),
    options: (inForce) => ({ clientSecret: async () => secretOf(inForce()) }),
  },
  {
    name: "secret that signs",
    registration: (version) => ({
      token_endpoint_auth_method: "client_secret_jwt",
      client_secret: secretOf(version),
    }),
    options: (inForce) => ({ clientAssertion: clientSecretJwt(async () => secretOf(inForce())) }),
  },
  {
    name: "private key",
    registration: (version) => ({
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [publicJwk(version)] },
    }),
    options: (inForce) => ({
      clientAssertion: privateKeyJwt({ key: async () => privateJwk(inForce()), algorithm: "ES256" }),
    }),
  },
];

describe.each(drivers)("through $name", ({ connect }) => {
  test.each(credentials)("a rotated $name causes no failed call", async ({ registration, options }) => {
    let version = 0;
    let known = 0;
    const server = await startAuthorizationServer(() => registration(version));
    const api = await startApi(server);
    const client = options(() => {
      // Who keeps the credential hears of the next one a moment later than the server.
      const given = known;
      known = version;
      return given;
    });
    const { manager, events } = createWorld({ tokenEndpoint: server.tokenEndpoint }, { client });
    const call = connect(manager);

    for (; version < keys.length; version++) {
      const answers = await atOnce(5, () => call(api.url, { forceRenewal: true }));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      expect(server.grants).toHaveLength(1 + 2 * version);
    }
    expect(events.filter(({ type }) => type === "token-failed")).toEqual([]);
  });

  test("an assertion file replaced under a running process is used for the next token request", async () => {
    const { path, write } = await createAssertionFile();
    const issuers = { registered: 0 };
    const server = await startAuthorizationServer(
      () => ({
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [publicJwk(issuers.registered)] },
      }),
      { replays: true },
    );
    const api = await startApi(server);
    const first = await write(0, server.issuer);
    const { manager, events } = createWorld(
      { tokenEndpoint: server.tokenEndpoint },
      { client: { clientAssertion: assertionFromFile(path) } },
    );
    const call = connect(manager);

    expect((await call(api.url)).status).toBe(200);
    issuers.registered = 1;
    const second = await write(1, server.issuer);
    expect((await call(api.url)).status).toBe(200);
    expect((await call(api.url, { forceRenewal: true })).status).toBe(200);

    expect(server.grants.map(({ fields }) => fields["client_assertion"])).toEqual([first, second]);
    expect(events.filter(({ type }) => type === "token-failed")).toEqual([]);
  });

  test("one that is replaced while it is on its way causes no failed call", async () => {
    const { path, write } = await createAssertionFile();
    let version = 0;
    const texts: string[] = [];
    const server = await startAuthorizationServer(
      () => {
        // The platform is faster than the request.
        writeFileSync(path, texts[version] ?? "");
        return { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [publicJwk(version)] } };
      },
      { replays: true },
    );
    const api = await startApi(server);
    for (const number of [1, 0]) texts[number] = await write(number, server.issuer);
    const { manager, events } = createWorld(
      { tokenEndpoint: server.tokenEndpoint },
      { client: { clientAssertion: assertionFromFile(path) } },
    );
    const call = connect(manager);

    expect((await call(api.url)).status).toBe(200);
    version = 1;
    const answers = await atOnce(5, () => call(api.url, { forceRenewal: true }));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(server.grants.map(({ fields }) => texts.indexOf(String(fields["client_assertion"])))).toEqual([
      0, 0, 1,
    ]);
    expect(events.filter(({ type }) => type === "token-failed")).toEqual([]);
  });
});

/** A file that a platform keeps an assertion in, signed by the key of a version. */
async function createAssertionFile() {
  const folder = mkdtempSync(join(tmpdir(), "client-token-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "token");
  return {
    path,
    write: async (version: number, audience: string): Promise<string> => {
      const text = await new SignJWT({ jti: crypto.randomUUID() })
        .setProtectedHeader({ alg: "ES256" })
        .setIssuer("invoices")
        .setSubject("invoices")
        .setAudience(audience)
        .setExpirationTime("1h")
        .sign(await importJWK(privateJwk(version), "ES256"));
      writeFileSync(path, `${text}\n`);
      return text;
    },
  };
}
