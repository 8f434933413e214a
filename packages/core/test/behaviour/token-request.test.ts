import { createTokenManager } from "@client-token/core";
import type { SeenTokenRequest } from "@client-token/core/testing";
import { describe, expect, test } from "vitest";
import { createWorld, secret } from "../support/world.ts";

const encodedSecret = "s3cret%2Fwith%2Bodd+characters";

/** The form fields of a token request, by name. */
function fieldsOf(request: SeenTokenRequest | undefined): [name: string, value: string][] {
  return [...(request?.form ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

describe("a token request carries what its client is configured with", () => {
  const client = { scope: "list write", resource: "urn:invoices", parameters: { audience: "invoices-api" } };

  test("with id and secret in the Authorization header", async () => {
    const { server, invoices } = await createWorld({ client });
    const token = await invoices.getToken();

    const [request] = server.requests;
    expect(request?.headers.get("authorization")).toBe(`Basic ${btoa(`invoices-app:${encodedSecret}`)}`);
    expect(request?.headers.get("content-type")).toMatch("application/x-www-form-urlencoded");
    expect(fieldsOf(request)).toEqual([
      ["audience", "invoices-api"],
      ["grant_type", "client_credentials"],
      ["resource", "urn:invoices"],
      ["scope", "list write"],
    ]);
    expect(token).toMatchObject({ tokenType: "Bearer", scope: "list write", clientId: "invoices-app" });
    expect(token.accessToken).toBe(server.issued[0]);
    expect(token.authorization).toBe(`Bearer ${server.issued[0]}`);
  });

  test("with id and secret in the body", async () => {
    const { server, invoices } = await createWorld({
      client: { ...client, clientCredentialStyle: "post-body" },
    });
    await invoices.getToken();

    const [request] = server.requests;
    expect(request?.headers.has("authorization")).toBe(false);
    expect(fieldsOf(request)).toEqual([
      ["audience", "invoices-api"],
      ["client_id", "invoices-app"],
      ["client_secret", secret],
      ["grant_type", "client_credentials"],
      ["resource", "urn:invoices"],
      ["scope", "list write"],
    ]);
  });
});

test("a UUID as client id reaches the server as it is written", async () => {
  const clientId = "4a632e2e-0466-4e5a-a094-0455c6105f57";
  const clientSecret = "e8ae294a-d5f3-4907-88fa-c83b3546b70c";
  const { server, invoices } = await createWorld({ client: { clientId, clientSecret } });
  await invoices.getToken();
  expect(server.requests[0]?.headers.get("authorization")).toBe(
    `Basic ${btoa(`${clientId}:${clientSecret}`)}`,
  );
});

test("a client without a secret says who it is, and no more", async () => {
  const { server, tokenEndpoint } = await createWorld();
  const tokens = createTokenManager({ clients: { open: { tokenEndpoint, clientId: "open" } } });
  await tokens.getToken("open");

  expect(server.requests[0]?.headers.has("authorization")).toBe(false);
  expect(server.requests[0]?.form.get("client_id")).toBe("open");
  expect(server.requests[0]?.form.has("client_secret")).toBe(false);
});

test("a secret may come from a function, which is asked before each token request", async () => {
  const secrets = ["first", "second"];
  const clientSecret = async (): Promise<string> => secrets.shift() ?? "none";
  const { server, invoices } = await createWorld({ client: { clientSecret } });
  await invoices.getToken();
  await invoices.getToken();
  await invoices.getToken({ forceRenewal: true });

  expect(server.requests.map(({ headers }) => headers.get("authorization"))).toEqual([
    `Basic ${btoa("invoices-app:first")}`,
    `Basic ${btoa("invoices-app:second")}`,
  ]);
});

test("several resources and several values of a field are sent as several fields", async () => {
  const { server, invoices } = await createWorld({
    client: { resource: ["urn:a", "urn:b"], parameters: { tenant: ["1", "2"] } },
  });
  await invoices.getToken();
  expect(server.requests[0]?.form.getAll("resource")).toEqual(["urn:a", "urn:b"]);
  expect(server.requests[0]?.form.getAll("tenant")).toEqual(["1", "2"]);
});

test("what a call asks for replaces what is configured: each field is sent once", async () => {
  const { server, invoices } = await createWorld({
    client: {
      scope: "list",
      resource: "urn:configured",
      parameters: { audience: "configured", tenant: "1" },
    },
  });
  const token = await invoices.getToken({
    scope: "write",
    resource: "urn:request",
    parameters: { audience: "request" },
  });

  expect(fieldsOf(server.requests[0])).toEqual([
    ["audience", "request"],
    ["grant_type", "client_credentials"],
    ["resource", "urn:request"],
    ["scope", "write"],
    ["tenant", "1"],
  ]);
  expect(token.scope).toBe("write");
});

test("the request says who sends it", async () => {
  const { server, invoices } = await createWorld();
  await invoices.getToken();
  expect(server.requests[0]?.headers.get("user-agent")).toMatch(/^client-token/);
  expect(server.requests[0]?.headers.get("accept")).toBe("application/json");
});

test("the query of a token endpoint is kept", async () => {
  const { server, tokenEndpoint, tokens, options } = await createWorld();
  const other = tokens.register("other", { ...options, tokenEndpoint: new URL(`${tokenEndpoint}?p=b2c_1`) });
  await other.getToken();
  expect(server.requests[0]?.url).toBe(`${tokenEndpoint}?p=b2c_1`);
});

test("what the caller configured with is not changed", async () => {
  const parameters = Object.freeze({ audience: "x" });
  const client = Object.freeze({ scope: Object.freeze(["b", "a"]), parameters });
  const { invoices } = await createWorld({ client });
  const request = Object.freeze({ scope: Object.freeze(["d", "c"]), context: Object.freeze({}) });
  await expect(invoices.getToken(request)).resolves.toBeDefined();
  expect(request.scope).toEqual(["d", "c"]);
});
