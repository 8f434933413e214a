import { inspect } from "node:util";
import fc from "fast-check";
import { createRemoteJWKSet, decodeJwt, jwtVerify, type JWTPayload } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  createTokenManager,
  isTokenError,
  withClientToken,
  type ClientCredentialStyle,
  type ClientOptions,
  type ManagerOptions,
  type TokenClient,
  type TokenEndpointError,
} from "../../src/index.ts";
import { createFakeClock } from "../../src/testing/index.ts";
import { serve } from "../../src/testing/node.ts";
import type { AuthorizationServer } from "../support/authorization-server.ts";
import { secretOf, startOpenServer } from "./open-server.ts";

const styles: readonly ClientCredentialStyle[] = ["authorization-header", "post-body"];

/** A client of its own manager. */
function clientOf(
  { tokenEndpoint }: AuthorizationServer,
  options: Partial<ClientOptions> = {},
  manager: Omit<ManagerOptions, "clients"> = {},
): TokenClient {
  const { clientId = "invoices" } = options;
  return createTokenManager({
    ...manager,
    clients: {
      invoices: {
        tokenEndpoint,
        clientId,
        clientSecret: secretOf(clientId),
        scope: "list",
        resource: "urn:invoices",
        ...options,
      },
    },
  }).client("invoices");
}

/** What the server signed. */
async function verify(server: AuthorizationServer, token: string): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`));
  const { payload } = await jwtVerify(token, keys, { issuer: server.issuer, typ: "at+jwt" });
  return payload;
}

async function refusal(work: Promise<unknown>): Promise<TokenEndpointError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (isTokenError(error) && error.name === "TokenEndpointError") return error;
  throw new Error("The token endpoint was expected to refuse.", { cause: error });
}

describe.for(styles)("credentials by %s", (clientCredentialStyle) => {
  test("get a token that the server signed for this client", async () => {
    const server = await startOpenServer();
    const { accessToken, tokenType, scope, clientId } = await clientOf(server, {
      clientCredentialStyle,
    }).getToken();
    expect({ tokenType, scope, clientId }).toEqual({
      tokenType: "Bearer",
      scope: "list",
      clientId: "invoices",
    });
    expect(await verify(server, accessToken)).toMatchObject({
      client_id: "invoices",
      scope: "list",
      aud: "urn:invoices",
    });
  });

  test.for([
    "4a632e2e-0466-4e5a-a094-0455c6105f57",
    "tenant:invoices",
    "a+b c",
    "100%25",
    "under_score.dot-dash",
    "~!*'()&=?#/\\\"",
  ])("authenticate with the id %s and its secret", async (clientId) => {
    const server = await startOpenServer();
    const { accessToken } = await clientOf(server, { clientId, clientCredentialStyle }).getToken();
    expect(decodeJwt(accessToken)).toMatchObject({ client_id: clientId });
  });

  test("authenticate with every id and secret that RFC 6749 allows", async () => {
    const server = await startOpenServer();
    const visible = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        visible.filter((id) => id.trim() !== ""),
        async (clientId) => {
          const { accessToken } = await clientOf(server, { clientId, clientCredentialStyle }).getToken();
          expect(decodeJwt(accessToken)).toMatchObject({ client_id: clientId });
        },
      ),
      { numRuns: 50 },
    );
  });

  test("a wrong secret is refused as invalid_client, and the error does not show it", async () => {
    const server = await startOpenServer();
    const client = clientOf(server, { clientCredentialStyle, clientSecret: "not:the+secret" });
    const error = await refusal(client.getToken());
    expect(error).toMatchObject({ code: "ERR_TOKEN_REFUSED", status: 401, error: "invalid_client" });
    expect(error.message).toContain("check clientId, clientSecret and clientCredentialStyle");
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/not(:|%3A)the/);
  });
});

test("by default credentials travel in the header, and not in the form", async () => {
  const server = await startOpenServer();
  await clientOf(server).getToken();
  const [grant] = server.grants;
  expect(grant?.authorization).toMatch(/^Basic /);
  expect(grant?.fields).toEqual({
    grant_type: "client_credentials",
    scope: "list",
    resource: "urn:invoices",
  });
});

test("by post-body they travel in the form, and not in the header", async () => {
  const server = await startOpenServer();
  await clientOf(server, { clientCredentialStyle: "post-body" }).getToken();
  const [grant] = server.grants;
  expect(grant?.authorization).toBeUndefined();
  expect(grant?.fields).toMatchObject({ client_id: "invoices", client_secret: secretOf("invoices") });
});

test("an umlaut reaches the server in UTF-8; this one refuses ids and secrets beyond ASCII, in words", async () => {
  const server = await startOpenServer();
  const error = await refusal(clientOf(server, { clientSecret: "schlüssel" }).getToken());
  expect(error).toMatchObject({ code: "ERR_TOKEN_REFUSED", status: 400, error: "invalid_request" });
  const [, credentials = ""] = server.grants[0]?.authorization?.split(" ") ?? [];
  expect(atob(credentials)).toBe("invoices:schl%C3%BCssel");
});

describe("scopes", () => {
  test("a call may ask for another scope than its client's", async () => {
    const server = await startOpenServer();
    const client = clientOf(server);
    const [list, write] = await Promise.all([client.getToken(), client.getToken({ scope: "write" })]);
    expect(decodeJwt(list.accessToken)["scope"]).toBe("list");
    expect(decodeJwt(write.accessToken)["scope"]).toBe("write");
    expect(server.grants).toHaveLength(2);
  });

  test("the token says what was granted, which may be less than what was asked for", async () => {
    const server = await startOpenServer();
    const token = await clientOf(server, { scope: "list delete write" }).getToken();
    expect(token.scope).toBe("list write");
  });

  test("a scope that is closed to the client is refused as invalid_scope", async () => {
    const server = await startOpenServer();
    const error = await refusal(clientOf(server, { clientId: "reader", scope: "write" }).getToken());
    expect(error).toMatchObject({ code: "ERR_TOKEN_REFUSED", status: 400, error: "invalid_scope" });
  });
});

describe("resource indicators", () => {
  test("each resource has its own token, whose audience it is", async () => {
    const server = await startOpenServer({ resources: ["urn:invoices", "https://orders.test/v1"] });
    const client = clientOf(server);
    for (const resource of ["urn:invoices", "https://orders.test/v1"]) {
      const { accessToken } = await client.getToken({ resource });
      expect(decodeJwt(accessToken).aud).toBe(resource);
    }
    expect(server.grants).toHaveLength(2);
  });

  test("several resources are several fields; this server refuses them as invalid_target", async () => {
    const resource = ["urn:invoices", "urn:orders"];
    const server = await startOpenServer({ resources: resource });
    const error = await refusal(clientOf(server, { resource }).getToken());
    expect(error).toMatchObject({ code: "ERR_TOKEN_REFUSED", status: 400, error: "invalid_target" });
    expect(server.grants[0]?.fields["resource"]).toEqual(resource);
  });
});

test("a token lives as long as the server says, and is asked for again after that", async () => {
  const server = await startOpenServer({ lifetime: 90 });
  const clock = createFakeClock(Date.now());
  const client = clientOf(server, {}, { clock });
  const first = await client.getToken();
  expect(first.expiresAt).toBe(clock.now() + 90_000);
  const { exp = 0, iat = 0 } = decodeJwt(first.accessToken);
  expect(exp - iat).toBe(90);

  expect((await client.getToken()).accessToken).toBe(first.accessToken);
  clock.jump(90_000);
  expect((await client.getToken()).accessToken).not.toBe(first.accessToken);
  expect(server.grants).toHaveLength(2);
});

test("fetch calls an API that verifies the server's signature", async () => {
  const server = await startOpenServer();
  const api = await serve(async (request) => {
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? "";
    return Response.json(await verify(server, token));
  });
  onTestFinished(() => api.close());
  const response = await withClientToken(clientOf(server))(fetch)(`${api.url}/list`);
  expect(await response.json()).toMatchObject({ client_id: "invoices", aud: "urn:invoices", scope: "list" });
});
