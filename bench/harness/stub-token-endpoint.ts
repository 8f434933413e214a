import type { Fetch } from "@client-token/core";

/** The length of the tokens, in characters: that of a usual JWT. */
export const tokenLength = 900;

/** A token endpoint without a network. It keeps nothing but a count. */
export interface StubTokenEndpoint {
  readonly httpClient: Fetch;
  /** Token requests so far. */
  count(): number;
}

/** Issues a different token for an hour to whoever asks. */
export function createStubTokenEndpoint(): StubTokenEndpoint {
  let requests = 0;
  return {
    httpClient: async () =>
      Response.json({
        access_token: `${++requests}`.padStart(tokenLength, "x"),
        token_type: "Bearer",
        expires_in: 3600,
      }),
    count: () => requests,
  };
}
