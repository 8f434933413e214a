import { TokenRequestError } from "../errors.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";

/** The token endpoint gave no answer. A server that does not take a certificate may just hang up. */
export function unreachable(
  { name, mutualTls }: ResolvedClient,
  endpoint: URL,
  cause: Error | undefined,
): TokenRequestError {
  const code = codeOf(cause);
  const concernsTls = mutualTls !== undefined || /CERT|SIGNATURE|_ALERT_/.test(code);
  const hint = concernsTls ? ", and on both sides the dates, names and issuer of the certificate" : "";
  return new TokenRequestError(
    `the token endpoint ${endpoint.href} could not be reached${code && ` (${code})`}: see the cause, and check the network${hint}.`,
    { client: name, code: "ERR_TOKEN_REQUEST_UNREACHABLE", cause },
  );
}

/** The code of the innermost cause that has one. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return codeOf(error.cause) || ("code" in error ? String(error.code) : "");
}
