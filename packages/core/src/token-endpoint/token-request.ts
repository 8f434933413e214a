import { allowInsecureRequests, clientCredentialsGrantRequest, customFetch } from "oauth4webapi";
import { TokenClientError, TokenRequestError, isTokenError, safeCause } from "../errors.ts";
import type { Grant } from "../options/grant.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import { clientAuthentication } from "./client-authentication.ts";
import { redactor } from "./redaction.ts";
import { readTokenResponse, type IssuedToken } from "./token-response.ts";

/** Asks the client's secret provider, if it has one. */
export async function readSecret(client: ResolvedClient): Promise<string | undefined> {
  const { clientSecret, name } = client;
  if (typeof clientSecret !== "function") return clientSecret;
  const fail = (problem: string, cause?: Error): TokenClientError =>
    new TokenClientError(`the clientSecret function ${problem}.`, {
      client: name,
      code: "ERR_TOKEN_CREDENTIAL",
      cause,
    });
  const secret: unknown = await Promise.resolve()
    .then(clientSecret)
    .catch((error: unknown) => {
      throw fail("failed, see the cause", safeCause(error));
    });
  if (typeof secret !== "string" || secret === "") throw fail("gave no secret: return a non-empty string");
  return secret;
}

/** Sends one client-credentials request (RFC 6749 §4.4.2) and reads its answer. Redirects are not followed. */
export async function requestToken(
  client: ResolvedClient,
  grant: Grant,
  secret: string | undefined,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const redact = redactor(client.clientId, secret);
  const { href, origin } = client.tokenEndpoint;
  try {
    const response = await clientCredentialsGrantRequest(
      { issuer: origin, token_endpoint: href },
      { client_id: client.clientId },
      clientAuthentication(secret, client.clientCredentialStyle),
      formFields(grant),
      {
        [customFetch]: client.httpClient,
        // Which endpoints may be asked without TLS was decided when the options were checked.
        [allowInsecureRequests]: true,
        headers: { "user-agent": "client-token" },
        signal,
      },
    );
    return await readTokenResponse(client, response, redact);
  } catch (error) {
    if (isTokenError(error)) throw error;
    signal.throwIfAborted();
    throw new TokenRequestError(
      `the token endpoint ${href} could not be reached: see the cause, and check the network.`,
      { client: client.name, code: "ERR_TOKEN_REQUEST_UNREACHABLE", cause: safeCause(error, redact) },
    );
  }
}

function formFields(grant: Grant): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [name, values] of Object.entries(grant.parameters)) {
    for (const value of values) fields.append(name, value);
  }
  if (grant.scope.length > 0) fields.set("scope", grant.scope.join(" "));
  for (const resource of grant.resource) fields.append("resource", resource);
  return fields;
}
