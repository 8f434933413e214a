import type { ClientAuth } from "oauth4webapi";
import { safeCause, TokenClientError } from "../errors.ts";
import { credentialError, type Assertion } from "../options/client-assertion.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import { assertionAuthentication, clientAuthentication } from "./client-authentication.ts";
import { redactor, type Redact } from "./redaction.ts";

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** What one try is authenticated with. */
export interface Credential {
  /** The same (`===`) for as long as what is behind it: the secret, or what an assertion names. */
  readonly id: unknown;
  /** How far ahead the server's clock was taken to be when it was made, in milliseconds. */
  readonly skew: number;
  readonly authenticate: ClientAuth;
  readonly redact: Redact;
}

/** Whether the server may take the second where it refused the first. */
export function isAnother(second: Credential, first: Credential): boolean {
  return second.id !== first.id || second.skew !== first.skew;
}

/** The id of the next credential; `undefined` if only a function can tell. */
export function knownId(client: ResolvedClient, given: string | Assertion | undefined): unknown {
  if (given !== undefined) return parts(given).credential;
  const { clientAssertion, clientSecret = null } = client;
  return clientAssertion !== undefined || typeof clientSecret === "function" ? undefined : clientSecret;
}

/** The credential of one try: the assertion given for this call, else the client's, else its secret; never two. */
export async function readCredential(
  client: ResolvedClient,
  endpoint: URL,
  given: string | Assertion | undefined,
): Promise<Credential> {
  const { clientAssertion, clientSecret } = client;
  if (given !== undefined) return fromAssertion(client, given, 0);
  if (clientAssertion === undefined) {
    return fromSecret(
      client,
      typeof clientSecret === "function" ? await ask(client, "clientSecret", clientSecret) : clientSecret,
    );
  }
  const skew = client.clockCorrections.of(endpoint.origin);
  const request = {
    client: client.name,
    clientId: client.clientId,
    audience: client.authority,
    tokenEndpoint: endpoint.href,
    now: client.clock.now() + skew,
  };
  const assertion = await ask(client, "clientAssertion", () => clientAssertion(request));
  return fromAssertion(client, assertion, skew);
}

/** Asks a function of the user's. What it throws may hold anything. */
async function ask<T>(client: ResolvedClient, option: string, provider: () => T | Promise<T>): Promise<T> {
  const answer = await Promise.resolve()
    .then(provider)
    .catch((error: unknown) => {
      // The functions that this package makes say it best themselves.
      if (error instanceof TokenClientError && error.client === client.name) throw error;
      throw credentialError(client.name, `the ${option} function failed, see the cause`, safeCause(error));
    });
  return answer;
}

function fromSecret(client: ResolvedClient, secret: string | undefined): Credential {
  const { clientSecret, clientCredentialStyle, clientId, name } = client;
  if (clientSecret !== undefined && (typeof secret !== "string" || secret === "")) {
    throw credentialError(name, "the clientSecret function gave no secret: return a non-empty string");
  }
  return {
    id: secret ?? null,
    skew: 0,
    authenticate: clientAuthentication(secret, clientCredentialStyle),
    redact: redactor(clientId, secret),
  };
}

function fromAssertion(client: ResolvedClient, given: string | Assertion, skew: number): Credential {
  const { assertion, type, credential } = parts(given);
  if (typeof assertion !== "string" || assertion === "") {
    throw credentialError(client.name, "its clientAssertion is no assertion: give a non-empty string");
  }
  return {
    id: credential,
    skew,
    authenticate: assertionAuthentication(assertion, type),
    redact: redactor(client.clientId, assertion),
  };
}

/** An assertion with all its parts; functions of untyped places may give anything. */
function parts(given: string | Assertion | undefined): {
  readonly assertion: string;
  readonly type: string;
  readonly credential: unknown;
} {
  const {
    assertion = "",
    type = jwtBearer,
    credential = assertion,
  } = typeof given === "string" ? { assertion: given } : (given ?? {});
  return { assertion, type, credential };
}
