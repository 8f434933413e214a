import { isTokenError } from "../errors.ts";
import type { TokenRequest } from "../options/token-request.ts";
import { attach, type Attachment, type Sent } from "./attachment.ts";

/** The request with another token, if one can be had for the one that was refused. */
export async function replaceToken(refused: Attachment): Promise<Attachment | undefined> {
  const { token, client, bound } = refused;
  try {
    const next = await client.rejectToken(token, requestOf(refused));
    if (next.accessToken === token.accessToken) return undefined;
    return await attach(refused, next, { retried: true, bound });
  } catch (error) {
    // No other token can be had: the API's own 401 says more to the caller.
    if (isTokenError(error)) return undefined;
    throw error;
  }
}

/** What is asked of the client; the wait ends with either signal. */
export function requestOf({ choice, signal }: Sent): TokenRequest {
  const signals = [choice?.signal, signal].filter((one) => one !== undefined);
  return { ...choice, signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0] };
}

/** For a request that cannot be sent again: the calls to come profit. */
export function inBackground(work: Promise<unknown>): undefined {
  work.catch(() => {});
}
