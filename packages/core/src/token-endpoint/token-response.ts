import { isTokenSyntax } from "../access-token.ts";
import { TokenEndpointError, TokenResponseError } from "../errors.ts";
import { endpointName } from "../options/authority.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import { readRetryAfter } from "../policy/back-off.ts";
import { readExpiresIn, readSeconds } from "../policy/lifetime.ts";
import type { Redact } from "./redaction.ts";
import { parseObject, readBody } from "./response-body.ts";

/** What a token endpoint issued. */
export interface IssuedToken {
  readonly accessToken: string;
  readonly tokenType: "Bearer" | "DPoP";
  readonly scope: string | undefined;
  /** Seconds. */
  readonly lifetime: number;
  /** The server's wish when to renew, in seconds. */
  readonly refreshIn: number | undefined;
}

/**
 * Reads the answer of a token endpoint (RFC 6749 §5), or throws what is wrong with it. Lenient where servers
 * differ and nothing is at stake: any 2xx, any content type, a missing token type, a list of scopes. Fields that
 * no client-credentials client needs are not looked at.
 */
export async function readTokenResponse(
  client: ResolvedClient,
  response: Response,
  redact: Redact,
): Promise<IssuedToken> {
  const { status, headers } = response;
  const fail = (code: TokenResponseError["code"], problem: string): never => {
    throw new TokenResponseError(`${endpointName(client)} answered ${status} with ${problem}.`, {
      client: client.name,
      code,
      status,
    });
  };
  const text = await readBody(response);
  if (text === undefined) return fail("ERR_TOKEN_RESPONSE_TOO_LARGE", "more than 1 MiB");
  const json = parseObject(text);
  const { access_token: accessToken, token_type: type = "bearer", scope } = json ?? {};
  if (!response.ok || (accessToken === undefined && words(json?.["error"], redact) !== undefined)) {
    throw endpointError(client, response, json, redact);
  }
  if (json === undefined) {
    const contentType = words(headers.get("content-type"), redact) ?? "no content type";
    return fail(
      "ERR_TOKEN_RESPONSE_MALFORMED",
      `something that is not JSON (${contentType}): is a proxy in the way?`,
    );
  }
  if (!isTokenSyntax(accessToken)) {
    return fail("ERR_TOKEN_RESPONSE_INCOMPLETE", "no usable access_token: is this the token endpoint?");
  }
  const tokenType = client.dpop === undefined ? "Bearer" : "DPoP";
  if (typeof type !== "string" || type.toLowerCase() !== tokenType.toLowerCase()) {
    return fail(
      "ERR_TOKEN_RESPONSE_TYPE",
      tokenType === "Bearer"
        ? "a token that is not a bearer token, which nobody asked for: for DPoP tokens set dpop"
        : "a token that is not bound to the key of dpop: allow this client DPoP, or leave dpop out",
    );
  }
  const lifetime = readExpiresIn(json["expires_in"]);
  if (lifetime === undefined) throw endedToken(client);
  return {
    accessToken,
    tokenType,
    scope: Array.isArray(scope) ? scope.join(" ") : typeof scope === "string" ? scope : undefined,
    lifetime,
    refreshIn: readSeconds(json["refresh_in"]),
  };
}

/** A token that is of no use to anybody. */
export function endedToken(client: ResolvedClient): TokenResponseError {
  return new TokenResponseError(
    `the token of ${client.authority} had ended before it came: check expires_in and the clock.`,
    { client: client.name, code: "ERR_TOKEN_RESPONSE_EXPIRED", status: 200 },
  );
}

/** An OAuth error counts in any JSON body below 500, whatever its content type (RFC 6749 §5.2). */
function endpointError(
  client: ResolvedClient,
  { status, headers }: Response,
  json: Record<string, unknown> | undefined,
  redact: Redact,
): TokenEndpointError {
  const error = status < 500 ? words(json?.["error"], redact) : undefined;
  const errorDescription = error === undefined ? undefined : words(json?.["error_description"], redact);
  const said = [status, error, errorDescription].filter(Boolean).join(", ");
  const hint = hints[error ?? (status < 400 ? 300 : status)] ?? "see the server's log";
  return new TokenEndpointError(`${endpointName(client)} answered ${said}: ${hint}.`, {
    client: client.name,
    code: error === undefined ? "ERR_TOKEN_ENDPOINT_STATUS" : "ERR_TOKEN_REFUSED",
    status,
    error,
    errorDescription,
    retryAfter: readRetryAfter(headers.get("retry-after"), client.clock.now()),
  });
}

const checkCredential =
  "check clientId, clientSecret and clientCredentialStyle, or the assertion or certificate in their place";

const hints: Readonly<Record<string, string>> = {
  invalid_client: checkCredential,
  401: checkCredential,
  invalid_scope: "check scope",
  invalid_target: "check resource",
  unauthorized_client: "allow this client the client_credentials grant",
  invalid_dpop_proof: "check the clock, and which algorithms the server takes for proofs",
  300: "redirects are not followed, give the final URL",
  404: "check tokenEndpoint",
};

/** A server's words: printable, short, without credentials. */
function words(value: unknown, redact: Redact): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  return redact(value)
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .slice(0, 300);
}
