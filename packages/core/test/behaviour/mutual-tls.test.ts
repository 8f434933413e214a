import {
  createTokenManager,
  memoryTokenCache,
  privateKeyJwt,
  type ClientOptions,
  type TokenClient,
} from "@client-token/core";
import { describe, expect, test } from "vitest";
import { errorOf, failureOf } from "../support/calls.ts";
import { createCertificate, type Certificate } from "../support/certificates.ts";
import { createInMemoryWorld, tokenEndpoint } from "../support/in-memory.ts";
import { letTimePass } from "../support/time.ts";
import { startTlsEndpoint, tlsFetch } from "../support/tls.ts";

const authority = createCertificate("authority", { isAuthority: true });
const server = createCertificate("server", { issuer: authority });
const invoices = createCertificate("invoices", { issuer: authority });
const anHourAgo = new Date(Date.now() - 3_600_000);

function clientOf(
  url: string,
  certificate: Certificate | undefined,
  more: Partial<ClientOptions> = {},
): TokenClient {
  const httpClient = tlsFetch({ ca: authority.cert, cert: certificate?.cert, key: certificate?.key });
  const options = {
    tokenEndpoint: url,
    clientId: "invoices-app",
    mutualTls: {},
    httpClient,
    timeout: 3000,
    ...more,
  };
  return createTokenManager({ clients: { invoices: options } }).client("invoices");
}

describe("the certificate says who asks", () => {
  test.each<[what: string, certificate: Certificate, authority: Certificate | undefined]>([
    ["signed by an authority (RFC 8705 §2.1)", invoices, authority],
    ["that signed itself (RFC 8705 §2.2)", createCertificate("invoices"), undefined],
  ])("one %s: with the client id, and nothing else", async (_, certificate, trusted) => {
    const { url, seen } = await startTlsEndpoint(server, trusted);
    expect((await clientOf(url, certificate).getToken()).accessToken).toBe("token-1");
    expect(seen.map(({ peer, authorization }) => [peer, authorization])).toEqual([["invoices", undefined]]);
    expect(Object.fromEntries(seen[0]?.form ?? [])).toEqual({
      client_id: "invoices-app",
      grant_type: "client_credentials",
    });
  });

  test("beside an assertion it is what tokens are bound to, and the assertion says who asks", async () => {
    const { url, seen } = await startTlsEndpoint(server, authority);
    const clientAssertion = privateKeyJwt({ key: invoices.key, algorithm: "ES256" });
    await clientOf(url, invoices, { clientAssertion }).getToken();
    expect(seen[0]?.peer).toBe("invoices");
    expect(seen[0]?.form.get("client_assertion")).toMatch(/^ey/);
  });
});

describe("a handshake that fails is an error with its code and a hint", () => {
  test.each<[what: string, client: Certificate | undefined, code: RegExp]>([
    [
      "a client's certificate that has expired",
      createCertificate("invoices", { issuer: authority, notAfter: anHourAgo }),
      /ECONNRESET|ALERT/,
    ],
    ["a client's certificate of somebody else's", createCertificate("invoices"), /ECONNRESET|ALERT/],
    ["no certificate of the client", undefined, /ECONNRESET|ALERT_CERTIFICATE_REQUIRED/],
  ])("%s", async (_, certificate, code) => {
    const { url, seen } = await startTlsEndpoint(server, authority);
    const error = await failureOf(clientOf(url, certificate).getToken());
    expect(error).toMatchObject({ code: "ERR_TOKEN_REQUEST_UNREACHABLE", client: "invoices" });
    expect(error.message).toMatch(
      /\(\w+\): .* on both sides the dates, names and issuer of the certificate\.$/,
    );
    expect(error.message).toMatch(code);
    expect(error.cause).toMatchObject({ code: expect.stringMatching(code) as string });
    expect(seen).toEqual([]);
  });

  test.each<[what: string, server: Certificate, code: string]>([
    [
      "a server's certificate that has expired",
      createCertificate("server", { issuer: authority, notAfter: anHourAgo }),
      "CERT_HAS_EXPIRED",
    ],
    ["a server's certificate that nobody knows", createCertificate("server"), "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ])("%s", async (_, certificate, code) => {
    const { url, seen } = await startTlsEndpoint(certificate);
    const error = await failureOf(clientOf(url, invoices).getToken());
    expect(error.message).toContain(`(${code}): see the cause, and check the network, and on both sides`);
    expect(seen).toEqual([]);
  });

  test("an alert that lies deep in an HTTP client's error", async () => {
    const alert = Object.assign(new Error("alert"), { code: "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED" });
    const message = await messageOf(new TypeError("fetch failed", { cause: alert }));
    expect(message).toMatch(/\(ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED\): .* of the certificate\.$/);
  });
});

test("a network that fails is not put down to certificates", async () => {
  const message = await messageOf(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
  expect(message).toMatch(/\(ECONNREFUSED\): see the cause, and check the network\.$/);
});

/** What a call ends in whose HTTP client fails so, for a client without a certificate. */
async function messageOf(failure: Error): Promise<string> {
  const { clock, invoices: client } = createInMemoryWorld({ httpClient: () => Promise.reject(failure) });
  const { result } = await letTimePass(clock, failureOf(client.getToken()));
  return result.status === "fulfilled" ? result.value.message : "";
}

describe("tokens that are bound to a certificate", () => {
  /** The tokens that processes get one after another, each with what it knows of its certificate. */
  async function tokensOf(...fleet: readonly ClientOptions["mutualTls"][]): Promise<readonly string[]> {
    const cache = memoryTokenCache();
    const found: string[] = [];
    for (const mutualTls of fleet) {
      const { invoices: client, tokens } = createInMemoryWorld({ mutualTls }, { cache });
      found.push((await client.getToken()).accessToken);
      await tokens.close();
    }
    return found;
  }

  test("stay in this process, if nobody says which one it is", async () => {
    expect(new Set(await tokensOf({}, {}, undefined)).size).toBe(3);
  });

  test("are shared with those who have the same, and nobody else", async () => {
    const [ours, theirs] = [invoices, server].map(({ thumbprint }) => ({ thumbprint }));
    const [first, ...others] = await tokensOf(ours, ours, theirs, {}, undefined);
    expect(others.map((token) => token === first)).toEqual([true, false, false, false]);
  });
});

test.each<[what: string, mutualTls: unknown, message: RegExp]>([
  [
    "a thumbprint in hexadecimal",
    { thumbprint: "54:19:A0" },
    /^"thumbprint" of mutualTls of client "invoices" is no SHA-256 thumbprint in base64url: give its 43 characters/,
  ],
  ["an unknown option", { cert: "x" }, /^"cert" of mutualTls of client "invoices" is not an option/],
  ["no object", true, /^The options of mutualTls of client "invoices" are a boolean/],
])("%s is a mistake in the options", (_, mutualTls, message) => {
  const client = { tokenEndpoint, clientId: "id", mutualTls } as ClientOptions;
  expect(errorOf(() => createTokenManager({ clients: { invoices: client } })).message).toMatch(message);
});
