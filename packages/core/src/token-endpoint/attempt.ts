import type { ProofRepair } from "../access-token.ts";
import { isAnother, type Credential } from "./credential.ts";
import { refusesCredential } from "./retry.ts";
import { requestToken, type TimedToken, type TokenExchange } from "./token-request.ts";

/** What was wrong with a request that is sent again at once. */
export type Repair = ProofRepair | "credential";

/**
 * One try of a token request, with what repairs it at once: a nonce or the time for its proof, and another credential
 * in place of a refused one. Each request has a credential of its own.
 *
 * @param repaired - what is not to be repaired once more; grows
 */
export async function attempt(
  exchange: TokenExchange,
  readCredential: () => Promise<Credential>,
  repaired: Set<Repair>,
): Promise<TimedToken> {
  let credential = await readCredential();
  for (;;) {
    const outcome = await requestToken(exchange, credential);
    if ("issued" in outcome) return outcome.issued;
    const { error, repair = refusesCredential(error) ? "credential" : undefined } = outcome;
    if (repair === undefined || repaired.has(repair)) throw error;
    repaired.add(repair);
    // The refusal says more than whatever keeps the next credential away.
    const next = await readCredential().catch(() => undefined);
    if (next === undefined || (repair === "credential" && !isAnother(next, credential))) throw error;
    credential = next;
  }
}
