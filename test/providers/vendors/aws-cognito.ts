import type { Provider } from "../support/provider.ts";
import { Refusal, tokenEndpoint } from "../support/token-endpoint.ts";
import { api, createTokens } from "../support/tokens.ts";

const clientId = "1h57kf5cpq17m0eml12EXAMPLE";
const secret = "9r3secret1a2b3c4d5e6f7g8h9i0j1k2l3m4n5o6p7q8r9s0";
const scope = "https://api.company.com/invoices/read";

/** Basic or post, errors all 400, no scope in the answer (https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html). */
export const awsCognito: Provider = {
  recipe: "aws-cognito",
  environment: ["COGNITO_CLIENT_SECRET", secret],
  start() {
    const tokens = createTokens();
    const endpoint = tokenEndpoint("/oauth2/token", ({ form, basic }) => {
      const id = basic?.id ?? form.get("client_id");
      const given = basic?.secret ?? form.get("client_secret");
      if (id !== clientId || given !== secret) throw new Refusal("invalid_client", 400, "");
      const wanted = form.get("scope");
      if (wanted !== null && wanted !== scope) throw new Refusal("invalid_scope", 400, "");
      JSON.parse(form.get("aws_client_metadata") ?? "{}");
      const token = tokens.issue({ scope });
      return { access_token: token, expires_in: 3600, token_type: "Bearer" };
    });
    return {
      tokens,
      hosts: {
        "company.auth.eu-central-1.amazoncognito.com": endpoint,
        "api.company.com": api(tokens, { scope }),
      },
    };
  },
  api: "https://api.company.com/invoices",
  strictness: [
    { what: "a scope without its resource server", change: { scope: "read" }, refused: "invalid_scope" },
    { what: "another secret", change: { clientSecret: "another" }, refused: "invalid_client" },
  ],
};
