import { createTokenManager, type TokenChoice, type TokenManager } from "@client-token/core";
import { createFakeTokenServer, type FakeTokenServer } from "@client-token/core/testing";
import { serve } from "@client-token/core/testing/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { inARow } from "../../packages/core/test/support/calls.ts";
import { drivers } from "./support/drivers.ts";

interface World {
  readonly server: FakeTokenServer;
  readonly api: string;
  readonly manager: TokenManager;
}

/** Two clients of one authorization server, and the API that takes their tokens. */
async function createWorld(): Promise<World> {
  const server = createFakeTokenServer();
  const [sts, api] = await Promise.all([serve(server.token), serve(server.api)]);
  const configured = { scope: "list", resource: "urn:invoices", parameters: { audience: "a", tenant: "1" } };
  const manager = createTokenManager<string>({
    clients: {
      invoices: { tokenEndpoint: `${sts.url}/token`, clientId: "invoices", ...configured },
      payments: { tokenEndpoint: `${sts.url}/token`, clientId: "payments" },
    },
  });
  onTestFinished(async () => {
    await Promise.all([manager.close(), sts.close(), api.close()]);
  });
  return { server, api: api.url, manager };
}

const usual = {
  grant_type: "client_credentials",
  client_id: "invoices",
  scope: "list",
  resource: "urn:invoices",
  audience: "a",
  tenant: "1",
};

/** What a call chooses, and the form that its token is asked for with. */
const choices: readonly { readonly what: string; readonly choice: TokenChoice; readonly form: object }[] = [
  { what: "another scope", choice: { scope: ["write", "send"] }, form: { ...usual, scope: "write send" } },
  {
    what: "another resource",
    choice: { resource: "urn:orders" },
    form: { ...usual, resource: "urn:orders" },
  },
  { what: "another parameter", choice: { parameters: { tenant: "2" } }, form: { ...usual, tenant: "2" } },
  {
    what: "another client",
    choice: { client: "payments" },
    form: { grant_type: "client_credentials", client_id: "payments" },
  },
  {
    what: "all of them",
    choice: { client: "payments", scope: "write", resource: "urn:orders", parameters: { tenant: "3" } },
    form: {
      grant_type: "client_credentials",
      client_id: "payments",
      scope: "write",
      resource: "urn:orders",
      tenant: "3",
    },
  },
];

describe.each(drivers)("through $name, a single call chooses", ({ connect }) => {
  test.each(choices)(
    "$what: it has a token of its own, and so have the calls without",
    async ({ choice, form }) => {
      const { server, api, manager } = await createWorld();
      const call = connect(manager);

      await inARow(2, () => call(api));
      await inARow(2, () => call(api, choice));
      await call(api);

      expect(server.requests.map((request) => Object.fromEntries(request.form))).toEqual([usual, form]);
      const [configured, chosen] = server.issued.map((token) => `Bearer ${token}`);
      expect(server.presented).toEqual([configured, configured, chosen, chosen, configured]);
    },
  );

  test.each(choices)("$what, by select", async ({ choice, form }) => {
    const { server, api, manager } = await createWorld();
    const select = ({ url }: { readonly url: string }): TokenChoice | undefined =>
      url.endsWith("/special") ? choice : undefined;
    const call = connect(manager, { select });

    await call(`${api}/special`);
    await call(`${api}/usual`);
    await call(`${api}/special`);

    expect(server.requests.map((request) => Object.fromEntries(request.form))).toEqual([form, usual]);
    const [chosen, configured] = server.issued.map((token) => `Bearer ${token}`);
    expect(server.presented).toEqual([chosen, configured, chosen]);
  });

  test("two of a kind, at once, each with its own", async () => {
    const { server, api, manager } = await createWorld();
    const call = connect(manager);
    const tenants = Array.from({ length: 20 }, (_, index) => String(index % 5));

    const answers = await Promise.all(tenants.map((tenant) => call(api, { parameters: { tenant } })));

    expect(answers.map(({ status }) => status)).toEqual(tenants.map(() => 200));
    expect(server.requests.map(({ form }) => String(form.get("tenant"))).toSorted()).toEqual([
      "0",
      "1",
      "2",
      "3",
      "4",
    ]);
    expect(new Set(server.presented).size).toBe(5);
  });
});
