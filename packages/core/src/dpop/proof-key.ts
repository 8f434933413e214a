import { DPoP, modifyAssertion, type DPoPHandle } from "oauth4webapi";
import type { ProofKey } from "../access-token.ts";
import type { BoundedMap, Kept } from "../cache/bounded-map.ts";
import type { KeyHolder } from "../options/dpop.ts";
import type { KeyMaterial } from "./key-material.ts";
import { redirectOf } from "./redirect.ts";
import { sign } from "./sign.ts";

/** The last nonce of each origin (RFC 9449 §8.2). Keys come and go, it stays. */
export type Nonces = BoundedMap<Kept & { readonly nonce: string }>;

/** The characters of a nonce (RFC 9449 §8.1). */
const nonceSyntax = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** A key whose proofs go by the clock of `holder`. */
export function createProofKey(
  { pair, algorithm, thumbprint }: KeyMaterial,
  nonces: Nonces,
  { clock, clockCorrections }: KeyHolder,
): ProofKey {
  const handle = (): DPoPHandle =>
    DPoP({}, pair, {
      [modifyAssertion](header, payload) {
        const { htu } = payload;
        const origin = typeof htu === "string" ? new URL(htu).origin : "";
        header["alg"] = algorithm;
        payload["nonce"] = nonces.get(origin)?.nonce;
        payload["iat"] = Math.floor((clock.now() + clockCorrections.of(origin)) / 1000);
      },
    });
  return {
    thumbprint,
    handle,
    prove: (method, url, accessToken) => sign(handle(), method, url, accessToken),
    learn({ origin }, header, error) {
      const known = nonces.get(origin)?.nonce;
      const said = header("dpop-nonce") ?? "";
      const nonce = nonceSyntax.test(said) ? said : known;
      if (nonce !== undefined && nonce !== known) nonces.set(origin, { nonce, used: false, gone: false });
      if (error !== "use_dpop_nonce" && error !== "invalid_dpop_proof") return undefined;

      const corrected = clockCorrections.of(origin);
      clockCorrections.learn(origin, header("date") ?? null);
      if (nonce === said && (error === "use_dpop_nonce" || nonce !== known)) return "nonce";
      // Other proofs by the old clock may be in the air. Where the clocks agree, another try would end as this one did.
      return corrected !== 0 || clockCorrections.of(origin) !== 0 ? "clock" : undefined;
    },
    redirect: redirectOf,
  };
}
