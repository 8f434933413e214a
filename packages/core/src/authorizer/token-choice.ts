import type { TokenClient } from "../client.ts";
import type { TokenRequest } from "../options/token-request.ts";

/** What `select` sees of an outgoing request; never the request itself. */
export interface RequestView {
  readonly method: string;
  /** Absolute, as far as the HTTP client knows. */
  readonly url: string;
  readonly header: (name: string) => string | null | undefined;
}

/** The choice for one request: no token, or another token than the usual one. */
export type TokenChoice =
  | false
  | (TokenRequest & {
      /** Another client, by name or handle. */
      readonly client?: string | TokenClient | undefined;
    });

/** Chooses the token of a request; `undefined` is the usual one. */
export type SelectToken = (
  request: RequestView,
) => TokenChoice | undefined | Promise<TokenChoice | undefined>;
