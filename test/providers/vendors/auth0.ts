import { generateKeyPairSync } from "node:crypto";
import type { Provider } from "../support/provider.ts";
import {
  checkAssertion,
  metadata,
  Refusal,
  routes,
  tokenEndpoint,
  type TokenRequest,
} from "../support/token-endpoint.ts";
import { api, createTokens } from "../support/tokens.ts";

const clientId = "Fq3bNTG1YcU5kHwA0dRzJx7eVmLs2P9o";
const secret = "auth0-secret_with-64-characters";
const audience = "https://api.company.com/invoices";
const issuer = "https://company.eu.auth0.com/";
const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { format: "pem", type: "pkcs8" },
  publicKeyEncoding: { format: "pem", type: "spki" },
});

/**
 * `audience` is a required parameter (https://auth0.com/docs/api/authentication/client-credential-flow/get-token); without
 * it comes an opaque token (https://support.auth0.com/center/s/article/Client-credentials-grant-requires-audience-parameter).
 */
function start(authenticate: (request: TokenRequest) => void | Promise<void>) {
  const tokens = createTokens();
  const endpoint = tokenEndpoint("/oauth/token", async (request) => {
    await authenticate(request);
    const wanted = request.form.get("audience") ?? undefined;
    if (wanted !== undefined && wanted !== audience) {
      throw new Refusal("access_denied", 403, `Service not found: ${wanted}`);
    }
    const token = tokens.issue({ audience: wanted });
    return { access_token: token, expires_in: 86400, token_type: "Bearer" };
  });
  return {
    tokens,
    hosts: {
      "company.eu.auth0.com": routes(metadata(issuer, `${issuer}oauth/token`), endpoint),
      "api.company.com": api(tokens, { audience }),
    },
  };
}

/** An application takes the one method that it is set to (https://auth0.com/docs/get-started/applications/application-credentials). */
export const auth0: Provider = {
  recipe: "auth0",
  environment: ["AUTH0_CLIENT_SECRET", secret],
  start: () =>
    start(({ form }) => {
      if (form.get("client_id") !== clientId || form.get("client_secret") !== secret) {
        throw new Refusal("access_denied", 401, "Unauthorized");
      }
    }),
  api: "https://api.company.com/invoices",
  strictness: [
    { what: "no audience", change: { parameters: {} }, refused: 401 },
    { what: "the audience of no API", change: { parameters: { audience: "x" } }, refused: "access_denied" },
    {
      what: "the secret in the header",
      change: { clientCredentialStyle: "authorization-header" },
      refused: "access_denied",
    },
  ],
};

/**
 * `aud` is the tenant's URL with its slash, `exp` at most five minutes away, and `jti` good for once
 * (https://auth0.com/docs/get-started/authentication-and-authorization-flow/authenticate-with-private-key-jwt).
 */
export const auth0Key: Provider = {
  recipe: "auth0-key",
  environment: ["AUTH0_KEY", privateKey],
  start() {
    const used = new Set();
    return start((request) =>
      checkAssertion(request, {
        clientId,
        publicKey,
        algorithm: "RS256",
        audience: issuer,
        longest: 300,
        used,
      }),
    );
  },
  api: "https://api.company.com/invoices",
  strictness: [
    {
      what: "an assertion for the token endpoint",
      change: { issuer: undefined, tokenEndpoint: `${issuer}oauth/token` },
      refused: "invalid_client",
    },
  ],
};
