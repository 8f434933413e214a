import type { Provider } from "../support/provider.ts";
import { Refusal, tokenEndpoint } from "../support/token-endpoint.ts";
import { api, createTokens } from "../support/tokens.ts";

const tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const secret = "Xy7~Q.aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567";

/**
 * The scope is the one API's identifier with `/.default`
 * (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow), else AADSTS1002012.
 */
export const entraId: Provider = {
  recipe: "entra-id",
  environment: ["ENTRA_CLIENT_SECRET", secret],
  start() {
    const tokens = createTokens();
    const endpoint = tokenEndpoint(`/${tenant}/oauth2/v2.0/token`, ({ form }) => {
      if (form.get("client_secret") !== secret || form.get("client_id") === null) {
        throw new Refusal("invalid_client", 401, "AADSTS7000215: Invalid client secret provided.");
      }
      const scope = form.get("scope") ?? "";
      const [, resource] = /^(\S+)\/\.default$/.exec(scope) ?? [];
      if (resource === undefined) {
        throw new Refusal(
          "invalid_scope",
          400,
          `AADSTS1002012: The provided value for scope ${scope} is not valid.`,
        );
      }
      const token = tokens.issue({ audience: resource });
      return { token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599, access_token: token };
    });
    return {
      tokens,
      hosts: {
        "login.microsoftonline.com": endpoint,
        "api.company.com": api(tokens, { audience: "api://invoices" }),
      },
    };
  },
  api: "https://api.company.com/invoices",
  strictness: [
    { what: "no scope", change: { scope: undefined }, refused: "invalid_scope" },
    {
      what: "a single permission",
      change: { scope: "api://invoices/Invoices.Read" },
      refused: "invalid_scope",
    },
    {
      what: "two APIs",
      change: { scope: ["api://invoices/.default", "api://orders/.default"] },
      refused: "invalid_scope",
    },
    { what: "another secret", change: { clientSecret: "expired" }, refused: "invalid_client" },
  ],
};
