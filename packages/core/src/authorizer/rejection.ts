import { customFetch, protectedResourceRequest, WWWAuthenticateChallengeError } from "oauth4webapi";
import { originOf } from "../policy/destination.ts";

/** What the authorizer reads of a response. */
export interface ResponseView {
  readonly status: number;
  /** Where it came from in the end, if the HTTP client knows; empty otherwise. */
  readonly url?: string | undefined;
  readonly header: (name: string) => string | null | undefined;
}

/** What a server asks for (RFC 9110 §11.6.1); `undefined` if it asks for nothing, or nobody can read for what. */
export type Challenges = WWWAuthenticateChallengeError["cause"] | undefined;

/** Errors that another token of the same kind would meet again (RFC 6750 §3.1, RFC 9449 §7.1 and §8). */
const notTheToken = new Set(["insufficient_scope", "use_dpop_nonce", "invalid_dpop_proof"]);

/**
 * Whether a 401 is about the token that was sent to `sentTo`. One that says nothing is; challenges for other
 * schemes only are not, and neither is one from another origin: the token was left behind at the redirect.
 */
export async function concernsToken(response: ResponseView, sentTo: string): Promise<boolean> {
  return !isFromElsewhere(response, sentTo) && areAboutToken(await readChallenges(response));
}

/** Whether a redirect to another origin was followed on the way. */
export function isFromElsewhere({ url }: ResponseView, sentTo: string): boolean {
  const answeredBy = url === undefined || url === "" ? undefined : originOf(url);
  return answeredBy !== undefined && answeredBy !== originOf(sentTo);
}

/** Whether challenges mean the token. */
export function areAboutToken(challenges: Challenges): boolean {
  const ours = challenges?.filter(({ scheme }) => scheme === "bearer" || scheme === "dpop");
  return ours?.some(({ parameters }) => !notTheToken.has(parameters.error ?? "")) ?? true;
}

/**
 * The parser of `oauth4webapi`, by the shortest way that leads to it: as if it had made the request itself.
 */
export async function readChallenges(response: ResponseView): Promise<Challenges> {
  const header = response.header("www-authenticate");
  if (header === null || header === undefined || header === "") return undefined;
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
