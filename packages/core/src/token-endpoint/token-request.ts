import { allowInsecureRequests, clientCredentialsGrantRequest, customFetch } from "oauth4webapi";
import type { ProofKey, ProofRepair } from "../access-token.ts";
import { TokenEndpointError, isTokenError, safeCause } from "../errors.ts";
import type { Grant } from "../options/grant.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import { instant, type Instant } from "../policy/held-token.ts";
import type { Credential } from "./credential.ts";
import { readTokenResponse, type IssuedToken } from "./token-response.ts";
import { unreachable } from "./unreachable.ts";

/** One token request, without what proves who sends it. */
export interface TokenExchange {
  readonly client: ResolvedClient;
  readonly grant: Grant;
  readonly endpoint: URL;
  /** The key that the token is to be bound to. */
  readonly key: ProofKey | undefined;
  readonly signal: AbortSignal;
}

/** A token, and when its request was sent. */
export interface TimedToken extends IssuedToken {
  readonly requestedAt: Instant;
}

/** What came of one request. */
export type Outcome =
  | { readonly issued: TimedToken }
  | { readonly error: unknown; readonly repair: ProofRepair | undefined };

/** Sends one client-credentials request (RFC 6749 §4.4.2) and reads its answer. Redirects are not followed. */
export async function requestToken(exchange: TokenExchange, credential: Credential): Promise<Outcome> {
  const { client, grant, endpoint, key, signal } = exchange;
  const requestedAt = instant(client.clock);
  let response: Response | undefined;
  try {
    response = await clientCredentialsGrantRequest(
      { issuer: endpoint.origin, token_endpoint: endpoint.href },
      { client_id: client.clientId },
      credential.authenticate,
      formFields(grant),
      {
        [customFetch]: client.httpClient,
        // Which endpoints may be asked without TLS was decided when the options were checked.
        [allowInsecureRequests]: true,
        headers: { "user-agent": "client-token" },
        signal,
        ...(key && { DPoP: key.handle() }),
      },
    );
    const issued = await readTokenResponse(client, response, credential.redact);
    learn(exchange, response, undefined);
    return { issued: { ...issued, requestedAt } };
  } catch (error) {
    const repair = response && learn(exchange, response, error);
    if (isTokenError(error)) return { error, repair };
    signal.throwIfAborted();
    return { error: unreachable(client, endpoint, safeCause(error, credential.redact)), repair };
  }
}

/** Every answer, good or bad, may hold a nonce and the time. */
function learn(
  { client, endpoint, key }: TokenExchange,
  { headers }: Response,
  error: unknown,
): ProofRepair | undefined {
  const reason = error instanceof TokenEndpointError ? error.error : undefined;
  const repair = key?.learn(endpoint, (name) => headers.get(name), reason);
  client.clockCorrections.learn(endpoint.origin, headers.get("date"));
  return repair;
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
