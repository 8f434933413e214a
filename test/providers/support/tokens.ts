import type { Host } from "./network.ts";

/** What a token is good for. */
export interface Claims {
  readonly audience?: string | undefined;
  readonly scope?: string | undefined;
  /** The key it is bound to. */
  readonly thumbprint?: string | undefined;
}

/** The tokens of one provider, whose APIs know what each is good for. */
export interface Tokens {
  readonly issue: (claims: Claims) => string;
  readonly claimsOf: (authorization: string | null) => Claims | undefined;
  /** Ends all tokens so far. */
  readonly end: () => void;
  readonly issued: () => number;
}

export function createTokens(): Tokens {
  const all = new Map<string, Claims>();
  let count = 0;
  return {
    issue(claims) {
      const token = `token-${++count}-${crypto.randomUUID()}`;
      all.set(token, claims);
      return token;
    },
    claimsOf: (authorization) => all.get(authorization?.replace(/^(Bearer|DPoP) /, "") ?? ""),
    end: () => all.clear(),
    issued: () => count,
  };
}

/** An API that takes the tokens for its audience, or with its scope. */
export function api({ claimsOf }: Tokens, wanted: Claims): Host {
  return ({ headers }) => {
    const { audience, scope } = claimsOf(headers.get("authorization")) ?? {};
    const isGood =
      (wanted.audience === undefined || audience === wanted.audience) &&
      (wanted.scope === undefined || scope?.split(" ").includes(wanted.scope) === true);
    if (isGood) return Response.json({});
    return new Response(null, {
      status: 401,
      headers: { "www-authenticate": 'Bearer error="invalid_token"' },
    });
  };
}
