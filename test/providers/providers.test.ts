import { createTokenManager, isTokenError, withClientToken, type ClientOptions } from "@client-token/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startNetwork } from "./support/network.ts";
import type { Provider } from "./support/provider.ts";
import { loadRecipe, recipeNames } from "./support/recipes.ts";
import { auth0, auth0Key } from "./vendors/auth0.ts";
import { awsCognito } from "./vendors/aws-cognito.ts";
import { duendeIdentityServer } from "./vendors/duende-identityserver.ts";
import { entraId } from "./vendors/entra-id.ts";
import { keycloak } from "./vendors/keycloak.ts";
import { okta, oktaManagement } from "./vendors/okta.ts";
import { oryHydra } from "./vendors/ory-hydra.ts";
import { salesforce } from "./vendors/salesforce.ts";

const providers: readonly Provider[] = [
  auth0,
  auth0Key,
  entraId,
  okta,
  oktaManagement,
  keycloak,
  oryHydra,
  awsCognito,
  duendeIdentityServer,
  salesforce,
];

/** The provider, and a `fetch` for its API by the recipe of docs/providers.md. */
async function connect(provider: Provider, change: object = {}) {
  const [variable, value] = provider.environment;
  vi.stubEnv(variable, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const recipe = await loadRecipe(provider.recipe);
  const { hosts, tokens } = provider.start();
  const network = await startNetwork(hosts);
  const changed = Object.entries({ ...recipe, ...change }).filter(([, option]) => option !== undefined);
  const options: unknown = Object.fromEntries(changed);
  const manager = createTokenManager({
    clients: { invoices: options as ClientOptions },
    httpClient: network,
  });
  onTestFinished(() => manager.close());
  const invoicesFetch = withClientToken("invoices", { manager })(network);
  return { tokens, call: () => invoicesFetch(provider.api) };
}

test("every recipe of docs/providers.md is run here", () => {
  expect(recipeNames).toEqual(providers.map(({ recipe }) => recipe));
});

describe.each(providers)("the recipe $recipe", (provider) => {
  test("gets a token that the API takes, once for all calls", async () => {
    const { tokens, call } = await connect(provider);
    for (let number = 1; number <= 3; number++) expect((await call()).status).toBe(200);
    expect(tokens.issued()).toBe(1);
  });

  test("gets another one when the provider has ended the first", async () => {
    const { tokens, call } = await connect(provider);
    await call();
    tokens.end();
    expect((await call()).status).toBe(200);
    expect(tokens.issued()).toBe(2);
  });

  test.each(provider.strictness)("is not taken with $what", async ({ change, refused }) => {
    const { call } = await connect(provider, change);
    const outcome = await call().then(
      ({ status }) => status,
      (error: unknown) => (isTokenError(error) && error.name === "TokenEndpointError" ? error.error : error),
    );
    expect(outcome).toBe(refused);
  });
});
