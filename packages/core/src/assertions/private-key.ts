import type { CryptoKey } from "oauth4webapi";
import { jwkIdentity, jwkProblem, type PrivateJwk } from "../keys/private-jwk.ts";
import { formOf, type SigningAlgorithm } from "../keys/signing-algorithm.ts";
import { pemProblem } from "./pem.ts";

/**
 * A private key that stays where it is: in a key management service, in a security module. It signs `data` by the
 * algorithm that was named, in the form of RFC 7518 §3. For ES256, ES384 and ES512 that is `r` and `s` (IEEE P1363);
 * many services give DER.
 */
export interface Signer {
  sign(data: Uint8Array): Uint8Array | ArrayBuffer | Promise<Uint8Array | ArrayBuffer>;
  /** The key id, for the header. */
  readonly keyId?: string | undefined;
}

/** PKCS#8 in PEM, a JSON Web Key, a `CryptoKey` (it may be non-extractable), or a {@link Signer}. */
export type PrivateKey = string | PrivateJwk | CryptoKey | Signer;

/** Why `key` cannot sign `algorithm`, as far as it shows without trying. */
export function keyProblem(key: PrivateKey | undefined, algorithm: SigningAlgorithm): string | undefined {
  if (key === undefined || key === null || key === "")
    return "is empty: set the environment variable that it comes from";
  if (typeof key === "string") return pemProblem(key);
  if (typeof key === "object") {
    if (isSigner(key)) return undefined;
    if (isCryptoKey(key)) return cryptoKeyProblem(key, algorithm);
    if ("kty" in key) return jwkProblem(key, algorithm);
  }
  return "is no key: give PEM, a JWK, a CryptoKey, or an object that can sign";
}

/** Stays the same for as long as the key does. */
export function keyIdentity(key: PrivateKey): unknown {
  return isJwk(key) ? jwkIdentity(key) : key;
}

/** What the key calls itself. */
export function ownKeyId(key: PrivateKey): string | undefined {
  if (isJwk(key)) return key.kid;
  return isSigner(key) ? key.keyId : undefined;
}

export function isSigner(key: PrivateKey): key is Signer {
  return typeof key === "object" && "sign" in key;
}

export function isCryptoKey(key: PrivateKey): key is CryptoKey {
  return typeof key === "object" && "usages" in key;
}

function isJwk(key: PrivateKey): key is PrivateJwk {
  return typeof key === "object" && !isSigner(key) && !isCryptoKey(key);
}

function cryptoKeyProblem(key: CryptoKey, algorithm: SigningAlgorithm): string | undefined {
  if (key.type !== "private") return `is a ${key.type} key: give the private one`;
  if (!key.usages.includes("sign")) return `has no usage "sign": make or import it with that`;
  const { name, hash, namedCurve }: CryptoKeyAlgorithm = key.algorithm;
  const form = formOf(algorithm);
  const fits =
    name === form.name &&
    (hash === undefined || hash.name === form.hash) &&
    (namedCurve === undefined || namedCurve === form.namedCurve);
  if (fits) return undefined;
  const kind = [name, hash?.name ?? namedCurve].filter(Boolean).join(" ");
  return `is ${kind}, and cannot sign ${algorithm}: give the algorithm of the key`;
}

interface CryptoKeyAlgorithm {
  readonly name: string;
  readonly hash?: { readonly name: string };
  readonly namedCurve?: string;
}
