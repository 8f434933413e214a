import type { CryptoKey } from "oauth4webapi";
import { bareJwk, type PrivateJwk } from "../keys/private-jwk.ts";
import { formOf, type KeyForm, type SigningAlgorithm } from "../keys/signing-algorithm.ts";
import { pemContent } from "./pem.ts";
import { isCryptoKey, isSigner, type PrivateKey } from "./private-key.ts";

/** The signatures of these have one length. */
const lengths: Readonly<Partial<Record<SigningAlgorithm, number>>> = {
  ES256: 64,
  ES384: 96,
  ES512: 132,
  EdDSA: 64,
  Ed25519: 64,
};

/** Signs with any private key that has no `keyProblem`. */
export async function sign(
  key: PrivateKey,
  algorithm: SigningAlgorithm,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  if (isSigner(key)) return checkSignature(new Uint8Array(await key.sign(data)), algorithm);
  const form = formOf(algorithm);
  const cryptoKey = isCryptoKey(key) ? key : await importKey(key, form);
  return new Uint8Array(await crypto.subtle.sign(form, cryptoKey, data));
}

function importKey(key: string | PrivateJwk, form: KeyForm): Promise<CryptoKey> {
  return typeof key === "string"
    ? crypto.subtle.importKey("pkcs8", pemContent(key), form, false, ["sign"])
    : crypto.subtle.importKey("jwk", bareJwk(key), form, false, ["sign"]);
}

function checkSignature(signature: Uint8Array, algorithm: SigningAlgorithm): Uint8Array {
  const length = lengths[algorithm] ?? Math.max(1, signature.length);
  if (signature.length === length) return signature;
  const hint = algorithm.startsWith("ES") ? ": give r and s one after the other (IEEE P1363), not DER" : "";
  throw new Error(
    `A signature of ${algorithm} has ${length} bytes, and this one ${signature.length}${hint}.`,
  );
}
