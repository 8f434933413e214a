import { DPoP, generateKeyPair, modifyAssertion, type CryptoKey, type CryptoKeyPair } from "oauth4webapi";
import { bareJwk, jwkIdentity, jwkProblem, type PrivateJwk } from "../keys/private-jwk.ts";
import { formOf, isSigningAlgorithm, type SigningAlgorithm } from "../keys/signing-algorithm.ts";
import { sign } from "./sign.ts";

/** A key to sign proofs with: a JSON Web Key, or a pair of `CryptoKey`s, whose private one need not be extractable. */
export type DpopKey = PrivateJwk | CryptoKeyPair;

/** A key that has signed once. */
export interface KeyMaterial {
  readonly pair: CryptoKeyPair;
  /** What the header of a proof names. */
  readonly algorithm: string;
  readonly thumbprint: string;
}

/** Why a key cannot sign proofs, as far as it shows without trying. */
export function keyProblem(key: DpopKey, algorithm: SigningAlgorithm | undefined): string | undefined {
  if (typeof key !== "object" || key === null) {
    return "is no key: give a private JWK, a CryptoKeyPair, or a function that gives one";
  }
  if (isPair(key)) return undefined;
  const { alg = algorithm } = key;
  return isSigningAlgorithm(alg)
    ? jwkProblem(key, algorithm ?? alg)
    : "does not say how it signs: give the JWK an alg, for example ES256, or set algorithm";
}

/** Stays the same for as long as the key does. */
export function keyIdentity(key: DpopKey | undefined): unknown {
  return key === undefined || isPair(key) ? key?.publicKey : jwkIdentity(key);
}

/** Imports a key, or makes one that never leaves this process. Rejects a key that does not sign as it should. */
export async function loadKey(
  key: DpopKey | undefined,
  algorithm: SigningAlgorithm | undefined,
): Promise<KeyMaterial> {
  const wanted = algorithm ?? (key === undefined || isPair(key) ? undefined : key.alg);
  const pair = await pairOf(key, isSigningAlgorithm(wanted) ? wanted : "ES256");
  let natural: unknown;
  const trial = DPoP({}, pair, { [modifyAssertion]: ({ alg }) => void (natural = alg) });
  await sign(trial, "GET", new URL("https://-"), "-");
  const signs = String(natural);
  if (wanted !== undefined && wanted.replace("EdDSA", "Ed25519") !== signs) {
    throw new Error(`It signs ${signs}, and not ${wanted}.`);
  }
  return { pair, algorithm: wanted ?? signs, thumbprint: await trial.calculateThumbprint() };
}

async function pairOf(key: DpopKey | undefined, algorithm: SigningAlgorithm): Promise<CryptoKeyPair> {
  if (key === undefined) return generateKeyPair(algorithm);
  if (isPair(key)) return key;
  const whole = bareJwk(key);
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...shown } = whole;
  const load = (jwk: JsonWebKey, extractable: boolean, usage: KeyUsage): Promise<CryptoKey> =>
    crypto.subtle.importKey("jwk", jwk, formOf(algorithm), extractable, [usage]);
  const [privateKey, publicKey] = await Promise.all([
    load(whole, false, "sign"),
    load(shown, true, "verify"),
  ]);
  return { privateKey, publicKey };
}

/** By its looks: `CryptoKey`s may be of another realm. */
function isPair(key: DpopKey): key is CryptoKeyPair {
  return "privateKey" in key;
}
