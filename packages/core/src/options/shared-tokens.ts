import type { HeldToken } from "../policy/held-token.ts";
import type { Grant } from "./grant.ts";
import type { ResolvedClient } from "./resolve-client.ts";
import type { TokenCache } from "./token-cache.ts";
import type { TokenEvent } from "./token-event.ts";

/** Whose token is shared. The same object stands for the same key, call after call. */
export interface SharedSubject {
  readonly client: ResolvedClient;
  readonly grant: Grant;
  /** The token that this process has now. */
  readonly held: HeldToken | undefined;
  readonly emit: (event: TokenEvent) => void;
}

/** Drives a {@link TokenCache}. All calls end within the cache's deadline. */
export interface SharedTokens {
  /**
   * Another process's token, if it is fit to take over; past its usable time only where there is no other. Never
   * rejects: a faulty cache is one without a token.
   */
  read(subject: SharedSubject): Promise<HeldToken | undefined>;
  /** Shares a token. Never rejects: one that could not be stored is used all the same. */
  write(subject: SharedSubject, token: HeldToken): Promise<void>;
  /** Marks the token as deleted, for all who share the cache. Rejects if that could not be stored. */
  bury(subject: SharedSubject): Promise<void>;
}

/** The key of the driver that a cache brings along; registered, so that two copies of the package agree. */
export const sharing: unique symbol = Symbol.for("@client-token/core.sharing");

/** A {@link TokenCache} that managers can share tokens through; `sharedTokenCache()` makes one of any. */
export interface SharedTokenCache extends TokenCache {
  /** @internal */
  readonly [sharing]: SharedTokens;
}
