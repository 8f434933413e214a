import { customFetch, protectedResourceRequest, WWWAuthenticateChallengeError } from "oauth4webapi";
import { originOf } from "../policy/destination.ts";

/** What the authorizer reads of a response. */
export interface ResponseView {
  readonly status: number;
  /** Where it came from in the end, if the HTTP client knows; empty otherwise. */
  readonly url?: string | undefined;
  readonly header: (name: string) => string | null | undefined;
}

/** Errors that another token of the same kind would meet again (RFC 6750 §3.1, RFC 9449 §7.1 and §8). */
const notTheToken = new Set(["insufficient_scope", "use_dpop_nonce", "invalid_dpop_proof"]);

/**
 * Whether a 401 is about the token that was sent to `sentTo`. One that says nothing is; challenges for other
 * schemes only are not, and neither is one from another origin: the token was left behind at the redirect.
 */
export async function concernsToken(response: ResponseView, sentTo: string): Promise<boolean> {
  const answeredBy = response.url === undefined || response.url === "" ? undefined : originOf(response.url);
  if (answeredBy !== undefined && answeredBy !== originOf(sentTo)) return false;
  const header = response.header("www-authenticate");
  if (header === null || header === undefined || header === "") return true;
  const challenges = await parseChallenges(header);
  const ours = challenges?.filter(({ scheme }) => scheme === "bearer" || scheme === "dpop");
  return ours?.some(({ parameters }) => !notTheToken.has(parameters.error ?? "")) ?? true;
}

/**
 * The parser of `oauth4webapi`, by the shortest way that leads to it: as if it had made the request itself.
 * `undefined` for what it cannot read.
 */
async function parseChallenges(header: string): Promise<WWWAuthenticateChallengeError["cause"] | undefined> {
  try {
    const answer = new Response(null, { headers: { "www-authenticate": header } });
    await protectedResourceRequest("-", "GET", new URL("https://-"), undefined, undefined, {
      [customFetch]: async () => answer,
    });
  } catch (error) {
    if (error instanceof WWWAuthenticateChallengeError) return error.cause;
  }
  return undefined;
}
