import type { Host } from "../support/network.ts";
import type { Provider } from "../support/provider.ts";
import { Refusal, routes, tokenEndpoint } from "../support/token-endpoint.ts";
import { createTokens } from "../support/tokens.ts";

const instance = "https://company.my.salesforce.com";
const clientId = "3MVG9VwZxxW3bBQjhE6m21CG2nSS4WC";
const secret = "8A4BE698BCA216718ECB0B1DCA294C69";

/**
 * At the My Domain URL, with no lifetime in the answer
 * (https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/quickstart_connecting.htm). The session settings have
 * it; a session that has ended is a 401 without a challenge, INVALID_SESSION_ID.
 */
export const salesforce: Provider = {
  recipe: "salesforce",
  environment: ["SALESFORCE_CLIENT_SECRET", secret],
  start() {
    const tokens = createTokens();
    const path = "/services/oauth2/token";
    const endpoint = tokenEndpoint(path, ({ form }) => {
      if (form.get("client_id") !== clientId || form.get("client_secret") !== secret) {
        throw new Refusal("invalid_client", 400, "invalid client credentials");
      }
      return {
        access_token: tokens.issue({}),
        signature: "nUFHwtfIGLKDTHcLWmDBG8frv0t+HQGl",
        token_format: "opaque",
        instance_url: instance,
        id: "https://login.salesforce.com/id/00Dd000000XXXXXXX/005d000000XXXXX",
        token_type: "Bearer",
        issued_at: String(Date.now()),
      };
    });
    const rest: Host = ({ headers }) =>
      tokens.claimsOf(headers.get("authorization")) === undefined
        ? Response.json([{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }], {
            status: 401,
          })
        : Response.json({});
    return {
      tokens,
      hosts: {
        "company.my.salesforce.com": routes(endpoint, rest),
        "login.salesforce.com": tokenEndpoint(path, () => {
          throw new Refusal("invalid_grant", 400, "request not supported on this domain");
        }),
      },
    };
  },
  api: `${instance}/services/data/v65.0/sobjects/Account`,
  strictness: [
    {
      what: "another domain than its own",
      change: { tokenEndpoint: "https://login.salesforce.com/services/oauth2/token" },
      refused: "invalid_grant",
    },
  ],
};
