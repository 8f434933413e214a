import { TokenEndpointError, TokenRequestError, type TokenError } from "../errors.ts";
import { endpointName } from "../options/authority.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import { doubling, failurePause } from "../policy/back-off.ts";
import { isName, longestSilence, type SharedFailure } from "./failure-entry.ts";

/**
 * What the others are told of a failed token request: that the server is in trouble (429 and 5xx), or that no
 * answer came. A refused credential or a broken answer may be this process's own; that is for nobody else.
 */
export function describeFailure(
  error: TokenError,
  writer: string,
  previous: SharedFailure | undefined,
): SharedFailure | undefined {
  const count = (previous?.count ?? 0) + 1;
  const id = crypto.randomUUID();
  if (error instanceof TokenEndpointError && (error.status === 429 || error.status >= 500)) {
    const period = failurePause(count, error.retryAfter);
    const name = isName(error.error) ? error.error : null;
    return { id, writer, count, period, status: error.status, error: name, confirmed: true };
  }
  if (!(error instanceof TokenRequestError)) return undefined;
  const period = doubling(count, 500, longestSilence);
  const confirmed = previous !== undefined && previous.writer !== writer;
  return { id, writer, count, period, status: null, error: null, confirmed };
}

/** What the others are told of a process whose lease ended without a word: it got no answer, as far as anybody knows. */
export function describeSilence(): SharedFailure {
  const id = crypto.randomUUID();
  return { id, writer: id, count: 1, period: longestSilence, status: null, error: null, confirmed: false };
}

/** What callers get while another process's failure stands. */
export function sharedError({ status, error }: SharedFailure, client: ResolvedClient): TokenError {
  const { name } = client;
  if (status === null) {
    return new TokenRequestError(
      `${endpointName(client)} could not be reached by the processes that share this cache: check the network.`,
      { client: name, code: "ERR_TOKEN_REQUEST_UNREACHABLE" },
    );
  }
  return new TokenEndpointError(
    `${endpointName(client)} answered another process with ${status}${error === null ? "" : ` ${error}`}: it is left alone until retryAt.`,
    {
      client: name,
      code: error === null ? "ERR_TOKEN_ENDPOINT_STATUS" : "ERR_TOKEN_REFUSED",
      status,
      error: error ?? undefined,
      errorDescription: undefined,
      retryAfter: undefined,
    },
  );
}
