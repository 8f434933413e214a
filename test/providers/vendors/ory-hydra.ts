import type { Provider } from "../support/provider.ts";
import { Refusal, tokenEndpoint } from "../support/token-endpoint.ts";
import { api, createTokens } from "../support/tokens.ts";

const clientId = "f6a9e1de-3f5c-4c8a-9d0e-7c2b1a4d5e6f";
const secret = "hydra~secret.with%20odd+characters";
const audience = "https://api.company.com/invoices";

/**
 * One authentication method for each client (https://www.ory.com/docs/hydra/guides/oauth2-clients), whose header is decoded, and
 * lists of scopes and audiences (https://www.ory.com/docs/hydra/guides/audiences), as in fosite's `client_authentication.go` and
 * `flow_client_credentials.go`.
 */
export const oryHydra: Provider = {
  recipe: "ory-hydra",
  environment: ["HYDRA_CLIENT_SECRET", secret],
  start() {
    const tokens = createTokens();
    const endpoint = tokenEndpoint("/oauth2/token", ({ form, basic }) => {
      if (form.has("client_secret")) {
        throw new Refusal(
          "invalid_client",
          401,
          'The OAuth 2.0 Client supports client authentication method "client_secret_basic", but method "client_secret_post" was requested.',
        );
      }
      if (basic?.id !== clientId || basic.secret !== secret) {
        throw new Refusal("invalid_client", 401, "Client authentication failed.");
      }
      const scope = form.get("scope") ?? "";
      if (scope !== "" && scope !== "invoices.read") {
        throw new Refusal(
          "invalid_scope",
          400,
          `The OAuth 2.0 Client is not allowed to request scope '${scope}'.`,
        );
      }
      const wanted = form.get("audience")?.split(" ") ?? [];
      if (wanted.some((one) => one !== audience)) {
        throw new Refusal(
          "invalid_request",
          400,
          "Requested audience has not been whitelisted by the OAuth 2.0 Client.",
        );
      }
      const token = tokens.issue({ audience: wanted[0], scope });
      return { access_token: token, expires_in: 3599, scope, token_type: "bearer" };
    });
    return {
      tokens,
      hosts: {
        "auth.company.com": endpoint,
        "api.company.com": api(tokens, { audience, scope: "invoices.read" }),
      },
    };
  },
  api: "https://api.company.com/invoices",
  strictness: [
    {
      what: "the secret in the form",
      change: { clientCredentialStyle: "post-body" },
      refused: "invalid_client",
    },
    {
      what: "the secret in the header as it is",
      change: { clientCredentialStyle: "authorization-header-raw" },
      refused: "invalid_client",
    },
    { what: "a scope that is not listed", change: { scope: "orders.read" }, refused: "invalid_scope" },
    {
      what: "an audience that is not listed",
      change: { parameters: { audience: "https://api.company.com/orders" } },
      refused: "invalid_request",
    },
    { what: "no audience", change: { parameters: {} }, refused: 401 },
  ],
};
