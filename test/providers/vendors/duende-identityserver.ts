import type { Provider } from "../support/provider.ts";
import { metadata, Refusal, routes, tokenEndpoint } from "../support/token-endpoint.ts";
import { api, createTokens } from "../support/tokens.ts";

const issuer = "https://sts.company.com";
const secret = "e8ae294a-d5f3-4907-88fa-c83b3546b70c";
const resources = ["urn:invoices", "urn:orders"];

/**
 * Scopes are those of the client, all of them if none is named (https://docs.duendesoftware.com/identityserver/reference/endpoints/token);
 * `resource` isolates a token, one for each
 * (https://docs.duendesoftware.com/identityserver/fundamentals/resources/isolation). Both APIs require it.
 */
export const duendeIdentityServer: Provider = {
  recipe: "duende-identityserver",
  environment: ["DUENDE_CLIENT_SECRET", secret],
  start() {
    const tokens = createTokens();
    const endpoint = tokenEndpoint("/connect/token", ({ form, basic }) => {
      if (basic?.id !== "invoices" || basic.secret !== secret) throw new Refusal("invalid_client", 400, "");
      const scope = form.get("scope") ?? "read write";
      if (!/^(read|write)( (read|write))*$/.test(scope)) throw new Refusal("invalid_scope", 400, "");
      const wanted = form.getAll("resource");
      if (wanted.length > 1 || !wanted.every((one) => resources.includes(one))) {
        throw new Refusal("invalid_target", 400, "");
      }
      const token = tokens.issue({ audience: wanted[0], scope });
      return { access_token: token, expires_in: 3600, token_type: "Bearer", scope };
    });
    return {
      tokens,
      hosts: {
        "sts.company.com": routes(metadata(issuer, `${issuer}/connect/token`), endpoint),
        "api.company.com": api(tokens, { audience: "urn:invoices", scope: "read" }),
      },
    };
  },
  api: "https://api.company.com/invoices",
  strictness: [
    { what: "no resource", change: { resource: undefined }, refused: 401 },
    { what: "two resources", change: { resource: resources }, refused: "invalid_target" },
    { what: "a scope that is not the client's", change: { scope: "delete" }, refused: "invalid_scope" },
  ],
};
