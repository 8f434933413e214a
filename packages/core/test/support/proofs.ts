import { calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from "jose";
import { createHash } from "node:crypto";

/** What a server that takes proofs goes by. */
export interface ProofRules {
  /** Epoch milliseconds, by the server's clock. */
  readonly now: () => number;
  /** The nonces that are good now; `undefined`: none is asked for. */
  readonly nonces: () => readonly string[] | undefined;
}

/** A proof that was accepted. */
export interface Proof {
  readonly thumbprint: string;
  readonly algorithm: string | undefined;
  readonly nonce: unknown;
}

/** Why a proof was not accepted: an error code (RFC 9449 §5, §7.1, §8). */
export class Refused extends Error {
  readonly code: "invalid_dpop_proof" | "use_dpop_nonce" | "invalid_token";

  constructor(code: Refused["code"], why: string) {
    super(why);
    this.code = code;
  }
}

/** Checks proofs by RFC 9449 §4.3, and takes each of them once. `accessToken`: what the proof has to belong to. */
export function createProofChecker({ now, nonces }: ProofRules) {
  const used = new Set<unknown>();
  return async (request: Request, accessToken?: string): Promise<Proof> => {
    const proof = request.headers.get("dpop");
    if (proof === null || proof.includes(","))
      throw new Refused("invalid_dpop_proof", "not exactly one proof");
    const refuse = (why: string): never => {
      throw new Refused("invalid_dpop_proof", why);
    };
    const { jwk, alg: algorithm } = decodeProtectedHeader(proof);
    if (jwk === undefined || "d" in jwk) return refuse("no public key");
    const { payload } = await jwtVerify(proof, EmbeddedJWK, {
      typ: "dpop+jwt",
      currentDate: new Date(now()),
      requiredClaims: ["iat", "jti", "htm", "htu"],
    }).catch(() => refuse("not signed by the key it names"));

    const { origin, pathname } = new URL(request.url);
    if (payload["htm"] !== request.method) refuse(`for ${String(payload["htm"])}, not ${request.method}`);
    if (payload["htu"] !== origin + pathname)
      refuse(`for ${String(payload["htu"])}, not ${origin}${pathname}`);
    if (Math.abs((payload.iat ?? 0) - now() / 1000) > 10) refuse("not of this time");
    if (payload["ath"] !== (accessToken && sha256(accessToken))) refuse("not for this token");
    if (used.has(payload.jti)) refuse("seen before");
    used.add(payload.jti);
    if (nonces()?.includes(String(payload["nonce"])) === false)
      throw new Refused("use_dpop_nonce", "another nonce");
    return { thumbprint: await calculateJwkThumbprint(jwk), algorithm, nonce: payload["nonce"] };
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
