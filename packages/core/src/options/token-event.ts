import type { TokenError } from "../errors.ts";

/** Why a token was asked for. */
export type AcquisitionReason = "cold" | "renewal" | "rejection" | "forced";

/** What was asked of a shared cache. */
export type CacheOperation = "get" | "set" | "lease";

/**
 * What `onEvent` is told. No event holds a token or a secret. The vocabulary grows: ignore types you do not know.
 */
export type TokenEvent =
  | {
      /** A new token is here, from the token endpoint or from another process through the shared cache. */
      readonly type: "token-obtained";
      readonly client: string;
      readonly from: "token-endpoint" | "shared-cache";
      /** `look`: another process had replaced the token while it was in use here. */
      readonly reason: AcquisitionReason | "look";
      /** Milliseconds that it took. */
      readonly duration: number;
      /** Epoch milliseconds. */
      readonly expiresAt: number;
      readonly context: unknown;
    }
  | {
      /** No token could be had. */
      readonly type: "token-failed";
      readonly client: string;
      readonly reason: AcquisitionReason;
      readonly error: TokenError;
      readonly duration: number;
      readonly context: unknown;
    }
  | {
      /** A token past its usable time was handed out, because no newer one could be had. */
      readonly type: "token-served-late";
      readonly client: string;
      readonly expiresAt: number;
      readonly context: unknown;
    }
  | {
      /** An API refused a token. `replaced: false`: the replacement is cooling down, or none could be had. */
      readonly type: "token-rejected";
      readonly client: string;
      readonly replaced: boolean;
      readonly context: unknown;
    }
  | {
      /** A request went out without a token, because its origin is not one of the client's. */
      readonly type: "token-withheld";
      readonly client: string;
      readonly origin: string;
    }
  | {
      /** Told once per client: neither `origins` nor a base URL says where its tokens may go. */
      readonly type: "origin-unguarded";
      readonly client: string;
    }
  | {
      /** Told once per cache: its store has no leases, so each process asks for itself when none has a token. */
      readonly type: "lease-missing";
      readonly client: string;
    }
  | {
      /** The shared cache did not work; the call went on without it. */
      readonly type: "cache-failed";
      readonly client: string;
      readonly operation: CacheOperation;
      /** Its name, code and message; the store's own error may hold the entry. */
      readonly error: Error | undefined;
    };
