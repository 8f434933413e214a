import type { ProofKey } from "../access-token.ts";
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
  held: HeldToken | undefined;
  /** The key that the next token is bound to, for clients with `dpop`. */
  proofKey: ProofKey | undefined;
  readonly emit: (event: TokenEvent) => void;
  /** Work that nobody waits for; its failure is handled where it began. */
  readonly inBackground: (work: Promise<unknown>) => void;
  /** @throws TokenClientError when the manager is closed */
  readonly assertOpen: (client: string) => void;
}

/** One acquisition, as far as sharing goes. */
export interface SharedFlight {
  /** Somebody wants a token that is newer than the shared cache's; may become true on the way. */
  readonly forced: boolean;
  /** Callers that wait now. */
  readonly waiting: number;
  /** Nobody wants its outcome any more. */
  readonly abandoned: boolean;
  readonly controller: AbortController;
  /** Asks the token endpoint. */
  readonly ask: () => Promise<HeldToken>;
  /** Puts a token that is past its usable time at the callers' disposal, and calls the flight off. */
  readonly serveLate: (held: HeldToken) => void;
}

/** A token, and what is left to do once this process has it. */
export interface SharedOutcome {
  readonly held: HeldToken;
  readonly from: "token-endpoint" | "shared-cache";
  /** Shares it, if it `landed`, and lets the next process have its turn. Never rejects. */
  readonly settle: (landed: boolean) => Promise<void>;
}

/** Drives a {@link TokenCache}. All calls end. */
export interface SharedTokens {
  /** How long an acquisition may take that first waits for another process's, in milliseconds. */
  patience(timeout: number): number;
  /** Another process's token, or one from the token endpoint, which only one process at a time asks. */
  obtain(subject: SharedSubject, flight: SharedFlight): Promise<SharedOutcome>;
  /** Learns what other processes have done with the token that is in use here. Never rejects. */
  look(subject: SharedSubject, drop: () => void): Promise<void>;
  /** Marks `deleted`, if there was one, and any other token as deleted, for all who share the cache. Rejects if that could not be stored. */
  bury(subject: SharedSubject, deleted: HeldToken | undefined): Promise<void>;
}

/** The key of the driver that a cache brings along; registered, so that two copies of the package agree. */
export const sharing: unique symbol = Symbol.for("@client-token/core.sharing");

/** A {@link TokenCache} that managers can share tokens through; `sharedTokenCache()` makes one of any. */
export interface SharedTokenCache extends TokenCache {
  /** @internal */
  readonly [sharing]: SharedTokens;
}
