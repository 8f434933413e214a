import { formOf, type SigningAlgorithm } from "./signing-algorithm.ts";

/** A private key as a JSON Web Key (RFC 7517). */
export interface PrivateJwk {
  /** `"RSA"`, `"EC"` or `"OKP"`. */
  readonly kty?: string | undefined;
  /** The private part. */
  readonly d?: string | undefined;
  /** The key id, for the header. */
  readonly kid?: string | undefined;
  /** The one algorithm that the key is for. */
  readonly alg?: string | undefined;
  readonly crv?: string | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  readonly n?: string | undefined;
  readonly e?: string | undefined;
  readonly p?: string | undefined;
  readonly q?: string | undefined;
  readonly dp?: string | undefined;
  readonly dq?: string | undefined;
  readonly qi?: string | undefined;
}

const publicMembers = ["kty", "crv", "x", "y", "n", "e"] as const;
const privateMembers = ["d", "p", "q", "dp", "dq", "qi"] as const;

/** What makes up the key, without what limits its use. */
export function bareJwk(jwk: PrivateJwk): JsonWebKey {
  const members = [...publicMembers, ...privateMembers].map((name) => [name, jwk[name]] as const);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

/** The same text for as long as it is the same key under the same name. */
export function jwkIdentity(jwk: PrivateJwk): string {
  return JSON.stringify([jwk.kid, ...publicMembers.map((name) => jwk[name])]);
}

/** Why the key cannot sign `algorithm`, as far as that can be seen. */
export function jwkProblem(jwk: PrivateJwk, algorithm: SigningAlgorithm): string | undefined {
  const { kty, crv, d, alg = algorithm } = jwk;
  if (kty === "oct") return "is a shared secret: clientSecretJwt() signs with it";
  if (typeof d !== "string") return "is a public key, without a member d: give the private one";
  const kind = crv === undefined ? kty : `${kty} ${crv}`;
  const needed = jwkKind(algorithm);
  if (kind !== needed) return `is ${kind}, and ${algorithm} needs ${needed}: give the algorithm of the key`;
  const [own, wanted] = [alg, algorithm].map((name) => name.replace("EdDSA", "Ed25519"));
  return own === wanted ? undefined : `is for ${own} by its alg, and not for ${wanted}`;
}

function jwkKind(algorithm: SigningAlgorithm): string {
  const { name, namedCurve } = formOf(algorithm);
  if (name === "Ed25519") return "OKP Ed25519";
  return name === "ECDSA" ? `EC ${namedCurve}` : "RSA";
}
