import { isTokenError } from "@client-token/core";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, test } from "vitest";
import { failureOf, inARow } from "../../packages/core/test/support/calls.ts";
import { everythingShownBy, formsOf } from "../../packages/core/test/support/leaks.ts";
import { startApi } from "./support/api.ts";
import type {
  AuthorizationServer,
  SeenGrant,
} from "../../packages/core/test/support/authorization-server.ts";
import { drivers } from "./support/drivers.ts";
import { proofsIn, type Method } from "./support/method.ts";
import { methods } from "./support/methods.ts";
import { createWorld, type Place } from "./support/world.ts";

const rows = methods.flatMap((method) => drivers.map((driver) => ({ method, driver })));

/** Where this method asks for tokens. */
function placeOf({ issuer, tokenEndpoint }: AuthorizationServer, { discovered }: Method): Place {
  return discovered === true ? { issuer } : { tokenEndpoint };
}

/** All forms in which a credential was there to be shown. */
function credentialsOf({ secrets }: Method, grants: readonly SeenGrant[]): string[] {
  const sent = grants.flatMap(({ authorization, fields }) => [
    authorization?.split(" ")[1],
    fields["client_assertion"],
  ]);
  const keys = secrets.flatMap((secret) => secret.split("\n").filter((line) => line.length > 40));
  return [...sent, ...keys, ...secrets.flatMap((secret) => formsOf("invoices", secret))].filter(
    (form) => typeof form === "string",
  );
}

describe("gets a token and calls the API", () => {
  test.each(rows)("$method.name, through $driver.name", async ({ method, driver }) => {
    const { options: client, certificate, nonces = false } = method;
    const server = await method.start("this");
    const api = await startApi(server, certificate === undefined ? "http" : "https");
    const { manager, events } = createWorld(placeOf(server, method), { client, certificate });
    const call = driver.connect(manager, { certificate });

    const answers = await inARow(3, () => call(api.url));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers[0]?.body).toMatchObject({ client_id: "invoices" });
    expect(api.answers, "one request each; one more where the API first asks for a nonce").toEqual(
      nonces ? [401, 200, 200, 200] : [200, 200, 200],
    );
    expect(server.grants.map(proofsIn)).toEqual(Array(nonces ? 2 : 1).fill(method.proofs));
    expect(events.map(({ type }) => type)).toEqual(["origin-unguarded", "token-obtained"]);
    const shown = everythingShownBy([events, manager, await manager.getToken("invoices")]);
    for (const credential of credentialsOf(method, server.grants)) expect(shown).not.toContain(credential);
  });
});

describe("a credential that the server does not know is a typed error, and shown nowhere", () => {
  // Each method through one adapter, each adapter with several methods.
  const some = methods.map((method, index) => ({ method, driver: drivers[index % drivers.length]! }));

  test.each(some)("$method.name, through $driver.name", async ({ method, driver }) => {
    const { options: client, certificate } = method;
    const server = await method.start("another");
    const api = await startApi(server, certificate === undefined ? "http" : "https");
    const { manager, events } = createWorld(placeOf(server, method), { client, certificate });

    const error = await failureOf(driver.connect(manager, { certificate })(api.url));

    expect(isTokenError(error)).toBe(true);
    expect(error).toMatchObject({ code: "ERR_TOKEN_REFUSED", error: "invalid_client", client: "invoices" });
    expect(api.answers, "without a token the request is not sent").toEqual([]);
    const shown = everythingShownBy([error, events, manager]);
    for (const credential of credentialsOf(method, server.grants)) expect(shown).not.toContain(credential);
  });
});

describe("an assertion", () => {
  const asserting = methods.filter(({ algorithm }) => algorithm !== undefined);

  test.each(asserting)("$name: is for this server, signed as asked, and good for once", async (method) => {
    const server = await method.start("this");
    const { options: client, certificate, discovered = false } = method;
    const { manager } = createWorld(placeOf(server, method), { client, certificate });
    await manager.getToken("invoices");
    await manager.getToken("invoices", { forceRenewal: true });

    const assertions = server.grants.map(({ fields }) => String(fields["client_assertion"]));
    expect(new Set(assertions).size).toBe(assertions.length);
    for (const assertion of assertions) {
      expect(decodeProtectedHeader(assertion).alg).toBe(method.algorithm);
      expect(decodeJwt(assertion)).toMatchObject({
        iss: "invoices",
        sub: "invoices",
        aud: discovered ? server.issuer : server.tokenEndpoint,
      });
    }
  });
});

test.each(drivers)(
  "a token that is bound to a certificate is of no use without it, through $name",
  async (driver) => {
    const method = methods.find(({ name }) => name === "tls_client_auth")!;
    const server = await method.start("this");
    const api = await startApi(server, "https");
    const { manager } = createWorld(placeOf(server, method), {
      client: method.options,
      certificate: method.certificate,
    });

    expect((await driver.connect(manager)(api.url)).status).toBe(401);
    expect((await driver.connect(manager, { certificate: method.certificate })(api.url)).status).toBe(200);
  },
);
