import type { ProofKey } from "../access-token.ts";
import { absoluteUrl } from "../policy/destination.ts";
import { attach, type Attachment, type Bound } from "./attachment.ts";
import { areAboutToken, isFromElsewhere, readChallenges, type ResponseView } from "./rejection.ts";
import { inBackground, replaceToken } from "./replacement.ts";

/**
 * Judges the answer to a request with a proof (RFC 9449 §7, §9). Whatever it is, its nonce serves the next proof. A
 * proof is made again once for each thing that was wrong with it, and the token is replaced once.
 */
export async function judgeBound(
  sent: Attachment,
  { key, repairs }: Bound,
  response: ResponseView,
  canResend: boolean,
): Promise<Attachment | undefined> {
  if (isFromElsewhere(response, sent.url)) return undefined;
  const url = absoluteUrl(sent.url);
  if (response.status !== 401) {
    key.learn(url, response.header, undefined);
    return follow(sent, key, response, canResend);
  }
  const challenges = await readChallenges(response);
  // A server that takes bearer tokens too says so beside what it has to say about this one.
  const ours = challenges?.filter(({ scheme }) => scheme === "dpop") ?? [];
  const errors = ours.map(({ parameters }) => parameters.error);
  const repair = key.learn(url, response.header, errors.find(Boolean));
  if (repair !== undefined) {
    if (!canResend || repairs.includes(repair)) return undefined;
    return attach(sent, sent.token, { ...sent, bound: { key, repairs: [...repairs, repair] } });
  }
  if (sent.retried || !areAboutToken(ours.length > 0 ? ours : challenges)) return undefined;
  const replacement = replaceToken(sent);
  return canResend ? replacement : inBackground(replacement);
}

/** Goes where a redirect leads: with a proof for that URL, or, to another origin, without token and proof. */
async function follow(
  sent: Attachment,
  key: ProofKey,
  { status, header }: ResponseView,
  canResend: boolean,
): Promise<Attachment | undefined> {
  const redirect = key.redirect(sent, status, header, canResend);
  if (redirect === undefined) return undefined;
  const { leaves, without, ...route } = redirect;
  if (leaves) return { ...sent, ...route, headers: {}, without, retried: true, bound: undefined };
  return { ...(await attach({ ...sent, ...route }, sent.token, sent)), without };
}
