import { generateKeyPairSync } from "node:crypto";
import type { Provider } from "../support/provider.ts";
import { checkAssertion, metadata, routes, tokenEndpoint } from "../support/token-endpoint.ts";
import { api, createTokens } from "../support/tokens.ts";

const issuer = "https://sso.company.com/realms/company";
const endpointUrl = `${issuer}/protocol/openid-connect/token`;
const { privateKey, publicKey } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { format: "pem", type: "pkcs8" },
  publicKeyEncoding: { format: "pem", type: "spki" },
});

/**
 * An assertion has one audience, and the issuer is the one to name
 * (https://www.keycloak.org/docs/latest/upgrading/#jwt-client-authentication-aligned-with-the-latest-oidc-specification); a
 * token's audience comes from a mapper of a client scope
 * (https://www.keycloak.org/docs/latest/server_admin/#_audience_hardcoded).
 */
export const keycloak: Provider = {
  recipe: "keycloak",
  environment: ["KEYCLOAK_KEY", privateKey],
  start() {
    const tokens = createTokens();
    const used = new Set();
    const rules = {
      clientId: "invoices",
      publicKey,
      algorithm: "ES256",
      audience: issuer,
      keyId: "2030-01",
      used,
    };
    const endpoint = tokenEndpoint(new URL(endpointUrl).pathname, async (request) => {
      await checkAssertion(request, rules);
      const optional = request.form.get("scope")?.split(" ") ?? [];
      const audience = optional.includes("invoices-api") ? "invoices-api" : undefined;
      return {
        access_token: tokens.issue({ audience }),
        expires_in: 300,
        refresh_expires_in: 0,
        token_type: "Bearer",
        "not-before-policy": 0,
        scope: ["profile", "email", ...optional].join(" "),
      };
    });
    return {
      tokens,
      hosts: {
        "sso.company.com": routes(metadata(issuer, endpointUrl), endpoint),
        "api.company.com": api(tokens, { audience: "invoices-api" }),
      },
    };
  },
  api: "https://api.company.com/invoices",
  strictness: [
    {
      what: "the audience as a parameter",
      change: { scope: undefined, parameters: { audience: "invoices-api" } },
      refused: 401,
    },
    {
      what: "an assertion for the token endpoint",
      change: { issuer: undefined, tokenEndpoint: endpointUrl },
      refused: "invalid_client",
    },
  ],
};
