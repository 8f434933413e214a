import { generateKeyPairSync } from "node:crypto";
import { createProofChecker, Refused } from "../../../packages/core/test/support/proofs.ts";
import type { Provider } from "../support/provider.ts";
import { checkAssertion, metadata, Refusal, routes, tokenEndpoint } from "../support/token-endpoint.ts";
import { api, createTokens } from "../support/tokens.ts";

const clientId = "0oa1gjh63g214q0Hq0g4";
const secret = "okta-secret_With-40-characters";
const org = "https://company.okta.com";
const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { format: "pem", type: "pkcs8" },
  publicKeyEncoding: { format: "pem", type: "spki" },
});

/**
 * A custom authorization server: Basic, and at least one custom scope
 * (https://developer.okta.com/docs/guides/implement-client-creds/); scopes of OpenID Connect are refused
 * (https://support.okta.com/help/s/article/cannot-request-openid-scopes-using-client-credentials).
 */
export const okta: Provider = {
  recipe: "okta",
  environment: ["OKTA_CLIENT_SECRET", secret],
  start() {
    const tokens = createTokens();
    const issuer = `${org}/oauth2/default`;
    const endpoint = tokenEndpoint("/oauth2/default/v1/token", ({ form, basic }) => {
      if (basic?.id !== clientId || basic.secret !== secret) {
        throw new Refusal(
          "invalid_client",
          401,
          "The client secret supplied for a confidential client is invalid.",
        );
      }
      const scopes = form.get("scope")?.split(" ") ?? [];
      if (scopes.length === 0 || !scopes.every((scope) => scope === "invoices.read")) {
        throw new Refusal(
          "invalid_scope",
          400,
          "One or more scopes are not configured for the authorization server.",
        );
      }
      const scope = scopes.join(" ");
      return { token_type: "Bearer", expires_in: 3600, access_token: tokens.issue({ scope }), scope };
    });
    return {
      tokens,
      hosts: {
        "company.okta.com": routes(metadata(issuer, `${issuer}/v1/token`), endpoint),
        "api.company.com": api(tokens, { scope: "invoices.read" }),
      },
    };
  },
  api: "https://api.company.com/invoices",
  strictness: [
    { what: "no scope", change: { scope: undefined }, refused: "invalid_scope" },
    { what: "a scope of OpenID Connect", change: { scope: "openid" }, refused: "invalid_scope" },
  ],
};

/**
 * The org authorization server: private_key_jwt only
 * (https://support.okta.com/help/s/article/client-credentials-requests-to-the-org-auithorization-server-must-use-the-private-key-jwt-token-endpoint-auth-method),
 * for its token endpoint (https://developer.okta.com/docs/guides/build-self-signed-jwt/), Okta's scopes only, and for new
 * service apps DPoP with nonces (https://developer.okta.com/docs/guides/dpop/oktaresourceserver/main/).
 */
export const oktaManagement: Provider = {
  recipe: "okta-management",
  environment: ["OKTA_KEY", privateKey],
  start() {
    const tokens = createTokens();
    const used = new Set();
    const nonce = crypto.randomUUID();
    const checkProof = createProofChecker({ now: Date.now, nonces: () => [nonce] });
    const checkApiProof = createProofChecker({ now: Date.now, nonces: () => undefined });
    const audience = `${org}/oauth2/v1/token`;
    const rules = {
      clientId,
      publicKey,
      algorithm: "RS256",
      audience,
      keyId: "2030-01",
      longest: 3600,
      used,
    };
    const endpoint = tokenEndpoint("/oauth2/v1/token", async (request) => {
      const { form } = request;
      if (!form.has("client_assertion")) {
        throw new Refusal(
          "invalid_client",
          401,
          "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.",
        );
      }
      await checkAssertion(request, rules);
      const { thumbprint } = await checkProof(request.request).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error;
        throw new Refusal(error.code, 400, error.message, { "dpop-nonce": nonce });
      });
      const scope = form.get("scope") ?? "";
      if (!scope.split(" ").every((one) => one.startsWith("okta."))) {
        throw new Refusal("invalid_scope", 400, "Custom scopes are not allowed for this request.");
      }
      return {
        token_type: "DPoP",
        expires_in: 3600,
        access_token: tokens.issue({ scope, thumbprint }),
        scope,
      };
    });
    return {
      tokens,
      hosts: {
        "company.okta.com": routes(endpoint, async (request) => {
          const authorization = request.headers.get("authorization");
          const { thumbprint } = tokens.claimsOf(authorization) ?? {};
          const proof = await checkApiProof(request, authorization?.replace("DPoP ", "")).catch(
            () => undefined,
          );
          return Response.json({}, { status: proof?.thumbprint === thumbprint ? 200 : 401 });
        }),
      },
    };
  },
  api: `${org}/api/v1/users`,
  strictness: [
    {
      what: "a secret",
      change: { clientAssertion: undefined, clientSecret: secret },
      refused: "invalid_client",
    },
    { what: "a scope of one's own", change: { scope: "invoices.read" }, refused: "invalid_scope" },
    { what: "no proof of possession", change: { dpop: undefined }, refused: "invalid_dpop_proof" },
  ],
};
