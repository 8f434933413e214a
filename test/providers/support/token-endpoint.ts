import { createPublicKey } from "node:crypto";
import { decodeProtectedHeader, jwtVerify } from "jose";
import type { Host } from "./network.ts";

/** Why a token request is refused: an OAuth error (RFC 6749 §5.2), with the provider's own status and words. */
export class Refusal extends Error {
  readonly error: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: string, status: number, description: string, headers: Record<string, string> = {}) {
    super(description);
    this.error = error;
    this.status = status;
    this.headers = headers;
  }
}

/** One token request, as providers read it. */
export interface TokenRequest {
  readonly request: Request;
  readonly form: URLSearchParams;
  /** Decoded as RFC 6749 §2.3.1 says. */
  readonly basic: { readonly id: string; readonly secret: string } | undefined;
}

/** A token endpoint at a path of a host. */
export function tokenEndpoint(
  path: string,
  issue: (request: TokenRequest) => object | Promise<object>,
): Host {
  return async (request) => {
    if (new URL(request.url).pathname !== path) return new Response(null, { status: 404 });
    const type = request.headers.get("content-type") ?? "";
    if (request.method !== "POST" || !type.startsWith("application/x-www-form-urlencoded")) {
      return new Response(null, { status: 400 });
    }
    const form = new URLSearchParams(await request.text());
    try {
      if (form.get("grant_type") !== "client_credentials") {
        throw new Refusal("unsupported_grant_type", 400, "client_credentials is what there is here");
      }
      const answer = await issue({ request, form, basic: basicOf(request) });
      return Response.json(answer, { headers: { "cache-control": "no-store" } });
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const { error, status, headers, message } = refusal;
      return Response.json({ error, error_description: message }, { status, headers });
    }
  };
}

function basicOf(request: Request): TokenRequest["basic"] {
  const [scheme, value = ""] = request.headers.get("authorization")?.split(" ") ?? [];
  if (scheme !== "Basic") return undefined;
  const decode = (text: string): string => new URLSearchParams(`=${text}`).get("") ?? "";
  const [id = "", secret = ""] = atob(value).split(":");
  return { id: decode(id), secret: decode(secret) };
}

/** Several paths of one host. */
export function routes(...hosts: readonly Host[]): Host {
  return async (request) => {
    for (const host of hosts) {
      const answer = await host(request.clone());
      if (answer.status !== 404) return answer;
    }
    return new Response(null, { status: 404 });
  };
}

/** What an issuer says of itself, under its own path (OpenID Connect Discovery §4). */
export function metadata(issuer: string, tokenUrl: string): Host {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  return (request) =>
    request.url === url
      ? Response.json({ issuer, token_endpoint: tokenUrl })
      : new Response(null, { status: 404 });
}

/** What a provider checks in the assertion of a key (RFC 7523 §3). */
export interface AssertionRules {
  readonly clientId: string;
  readonly publicKey: string;
  readonly algorithm: string;
  readonly audience: string;
  readonly keyId?: string;
  /** The longest life, in seconds. */
  readonly longest?: number;
  /** The assertions so far; each is good for once. */
  readonly used: Set<unknown>;
}

/** The one credential is an assertion by the rules; throws otherwise. */
export async function checkAssertion({ form, basic }: TokenRequest, rules: AssertionRules): Promise<void> {
  const refuse = (why: string): never => {
    throw new Refusal("invalid_client", 401, why);
  };
  const assertion = form.get("client_assertion") ?? refuse("no client_assertion");
  if (basic !== undefined || form.has("client_secret")) refuse("two ways to authenticate");
  const { clientId, publicKey, algorithm, audience, keyId, longest = 3600, used } = rules;
  if (keyId !== undefined && decodeProtectedHeader(assertion).kid !== keyId) refuse("unknown kid");
  const { payload } = await jwtVerify(assertion, createPublicKey(publicKey), {
    algorithms: [algorithm],
    issuer: clientId,
    subject: clientId,
    requiredClaims: ["jti", "exp", "iat"],
  }).catch((error: unknown) => refuse(String(error)));
  // One audience, as a string.
  if (payload.aud !== audience) refuse(`the audience is ${String(payload.aud)}`);
  if ((payload.exp ?? Infinity) - (payload.iat ?? 0) > longest) refuse("lives too long");
  if (used.has(payload.jti)) refuse("seen before");
  used.add(payload.jti);
}
