/**
 * How a private key signs, as a header names it (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). `Ed25519` is the newer
 * name of `EdDSA` with that curve; some servers know only one of the two.
 */
export type SigningAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA"
  | "Ed25519";

/** An algorithm in WebCrypto's terms, for importing and for signing: each reads what it knows. */
export interface KeyForm {
  readonly name: "RSASSA-PKCS1-v1_5" | "RSA-PSS" | "ECDSA" | "Ed25519";
  readonly hash: string;
  readonly saltLength: number;
  readonly namedCurve: string;
}

function form(name: KeyForm["name"], bits: number, namedCurve = ""): KeyForm {
  return { name, hash: `SHA-${bits}`, saltLength: bits / 8, namedCurve };
}

const forms: Readonly<Record<SigningAlgorithm, KeyForm>> = {
  RS256: form("RSASSA-PKCS1-v1_5", 256),
  RS384: form("RSASSA-PKCS1-v1_5", 384),
  RS512: form("RSASSA-PKCS1-v1_5", 512),
  PS256: form("RSA-PSS", 256),
  PS384: form("RSA-PSS", 384),
  PS512: form("RSA-PSS", 512),
  ES256: form("ECDSA", 256, "P-256"),
  ES384: form("ECDSA", 384, "P-384"),
  ES512: form("ECDSA", 512, "P-521"),
  EdDSA: form("Ed25519", 512),
  Ed25519: form("Ed25519", 512),
};

/** The names of all algorithms. */
export const signingAlgorithms: readonly string[] = Object.keys(forms);

export function isSigningAlgorithm(name: unknown): name is SigningAlgorithm {
  return typeof name === "string" && Object.hasOwn(forms, name);
}

export function formOf(algorithm: SigningAlgorithm): KeyForm {
  return forms[algorithm];
}
