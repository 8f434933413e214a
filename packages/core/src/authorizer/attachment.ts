import { proofKey, type AccessToken, type ProofKey, type ProofRepair, type Route } from "../access-token.ts";
import type { TokenClient } from "../client.ts";
import { absoluteUrl } from "../policy/destination.ts";
import type { TokenChoice } from "./token-choice.ts";

/** At once where it can be. */
export type MaybePromise<T> = T | Promise<T>;

/** What a token is sent for. */
export interface Sent extends Route {
  readonly client: TokenClient;
  readonly choice: Exclude<TokenChoice, false> | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A token on its way with one request. */
export interface Attachment extends Sent {
  /** The headers to set. */
  readonly headers: Readonly<Record<string, string>>;
  /** The headers to take off first, in lower case. */
  readonly without: readonly string[];
  readonly token: AccessToken;
  /** The token was replaced on the way, which is done once. */
  readonly retried: boolean;
  /**
   * The token is bound to a key (RFC 9449): its proof is for this request alone, the HTTP client follows no redirect
   * with it, and every answer is to be judged.
   */
  readonly bound: Bound | undefined;
}

/** What a token is bound to. */
export interface Bound {
  readonly key: ProofKey;
  /** What earlier proofs for this request were refused for. */
  readonly repairs: readonly ProofRepair[];
}

const none: readonly never[] = [];

/** Puts a token on a request; at once, unless it takes a proof. */
export function attach(
  { client, choice, signal, method, url, redirects, moved, withBody }: Sent,
  token: AccessToken,
  previous?: Pick<Attachment, "retried" | "bound">,
): MaybePromise<Attachment> {
  const attachment: Attachment = {
    client,
    choice,
    signal,
    method,
    url,
    redirects,
    moved,
    withBody,
    headers: { authorization: token.authorization },
    without: none,
    token,
    retried: previous?.retried === true,
    bound: undefined,
  };
  const key = token[proofKey];
  if (key === undefined) return attachment;
  return withProof(attachment, { key, repairs: previous?.bound?.repairs ?? none });
}

async function withProof(attachment: Attachment, bound: Bound): Promise<Attachment> {
  const { method, url, token, headers } = attachment;
  const dpop = await bound.key.prove(method, absoluteUrl(url), token.accessToken);
  return { ...attachment, headers: { ...headers, dpop }, bound };
}
