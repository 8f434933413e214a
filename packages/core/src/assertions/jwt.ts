import type { Checker } from "../options/checks.ts";
import type { AssertionRequest } from "../options/client-assertion.ts";
import { base64url } from "../policy/base64.ts";

/** What an assertion is signed by. */
export interface JwtHeader {
  readonly alg: string;
  readonly kid?: string | undefined;
}

/** Options that all signed assertions have. */
export interface JwtOptions {
  /**
   * Whom the assertion is for (RFC 7523 §3).
   * @defaultValue the issuer, where the client names one, else the token endpoint
   */
  readonly audience?: string | undefined;
  /**
   * Seconds until the assertion ends, from 1 to 3 600.
   * @defaultValue 60
   */
  readonly lifetime?: number | undefined;
}

/** @throws ConfigurationError that names the option and the fix */
export function checkJwtOptions({ audience, lifetime }: JwtOptions, check: Checker): void {
  if (audience !== undefined) check.string("audience", audience, "give what the server takes itself for.");
  check.number("lifetime", lifetime, 60, 1, 3600, "it is in seconds, from 1 to 3 600.");
}

const encoder = new TextEncoder();

/** A JWT that says who the client is (RFC 7523 §3), and that nobody can use twice. */
export async function signAssertion(
  { clientId, audience, now }: AssertionRequest,
  { lifetime = 60, ...options }: JwtOptions,
  header: JwtHeader,
  sign: (data: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>,
): Promise<string> {
  const iat = Math.floor(now / 1000);
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: options.audience ?? audience,
    jti: crypto.randomUUID(),
    iat,
    exp: iat + lifetime,
  };
  const input = [header, claims].map((part) => base64url(encoder.encode(JSON.stringify(part)))).join(".");
  return `${input}.${base64url(await sign(encoder.encode(input)))}`;
}
