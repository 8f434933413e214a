/** What a person keeps by hand. */
interface Token {
  readonly accessToken: string;
  /** Milliseconds after the token request. */
  readonly exp: number;
}

/**
 * The measure of `getToken`: the few lines that people write instead of using a library, with `now` from the
 * same two clocks.
 */
export function createHandWritten(request: () => Promise<Token>): () => Promise<Token> {
  let token: Token | undefined;
  let wall = Date.now();
  let monotonic = performance.now();
  return async function getToken() {
    const now = Math.max(Date.now() - wall, performance.now() - monotonic);
    if (token && token.exp > now) return token;
    wall = Date.now();
    monotonic = performance.now();
    token = await request();
    return token;
  };
}
