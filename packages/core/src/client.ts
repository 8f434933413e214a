import type { AccessToken } from "./access-token.ts";
import type { ResolvedClient } from "./options/resolve-client.ts";
import type { TokenEvent } from "./options/token-event.ts";
import type { TokenRequest } from "./options/token-request.ts";
import type { Registry } from "./registry/registry.ts";
import type { ClientSlot } from "./registry/slot.ts";
import { forget, obtain, peek, reject } from "./token-source/token-source.ts";

/**
 * A handle on one client: cheap to keep, and valid for as long as its manager. After `register` with new options
 * it serves those.
 */
export interface TokenClient {
  /** The name it is registered under. */
  readonly name: string;
  /**
   * A token that is good for use now. Cached tokens are handed out at once; calls that find none share one
   * token request.
   * @throws TokenError if no token can be had; ConfigurationError for bad options
   */
  getToken(request?: TokenRequest): Promise<AccessToken>;
  /**
   * The cached token, if it is usable; never waits. Starts a renewal in the background when one is due.
   */
  peekToken(request?: TokenRequest): AccessToken | undefined;
  /**
   * Reports that an API refused `token` (RFC 6750 §3.1), and gets what to use instead: a newer token that is
   * already here, else a new one. The same token comes back if it may not be replaced yet, or cannot be.
   */
  rejectToken(token: AccessToken, request?: TokenRequest): Promise<AccessToken>;
  /** Forgets the token, here and in the shared cache. Rejects if the shared cache did not take it. */
  deleteToken(request?: TokenRequest): Promise<void>;
  /** Libraries that copy plain objects, as Axios copies its configs, leave a handle alone. */
  readonly [Symbol.toStringTag]?: string;
  /** For adapters of this package. @internal */
  readonly [internals]?: ClientInternals;
}

/** The key of what adapters need to know of a client; registered, so that two copies of the package agree. */
export const internals: unique symbol = Symbol.for("@client-token/core.client");

/** What the authorizer needs to know of a client. */
export interface ClientInternals {
  /** The checked options: at once, or when they are loaded. */
  options(signal?: AbortSignal): ResolvedClient | Promise<ResolvedClient>;
  emit(event: TokenEvent): void;
  /** Whether this is the first time. */
  firstUnguarded(): boolean;
}

/** @throws ConfigurationError for an unknown name */
export function createTokenClient(registry: Registry, name: string): TokenClient {
  registry.environment.assertOpen(name);
  let known = registry.find(name);
  const slotNow = (): ClientSlot => {
    registry.environment.assertOpen(name);
    if (known.gone) known = registry.find(name);
    registry.refresh(known);
    known.used = true;
    return known;
  };

  const peekToken = (request?: TokenRequest): AccessToken | undefined => {
    const slot = slotNow();
    if (slot.options === undefined || request?.forceRenewal === true) return undefined;
    const source = registry.sourceOf(slot, slot.options, request);
    source.used = true;
    return peek(source, request);
  };

  /** Repeats what met new options while it waited. */
  const withSource = async <T>(
    request: TokenRequest | undefined,
    use: (source: ReturnType<Registry["sourceOf"]>) => Promise<T>,
  ): Promise<T> => {
    for (;;) {
      const slot = slotNow();
      try {
        // Without a turn of the event loop where it can: a deletion begins at once.
        const loading = registry.optionsOf(slot, request?.signal);
        const options = loading instanceof Promise ? await loading : loading;
        const result = await use(registry.sourceOf(slot, options, request));
        if (!slot.retired) return result;
      } catch (error) {
        if (!slot.retired) throw error;
      }
    }
  };

  return {
    name,
    peekToken,
    async getToken(request) {
      return peekToken(request) ?? withSource(request, (source) => obtain(source, request ?? {}));
    },
    rejectToken: (token, request) => withSource(request, (source) => reject(source, token, request ?? {})),
    deleteToken: (request) => withSource(request, forget),
    [Symbol.toStringTag]: "TokenClient",
    [internals]: {
      options: (signal) => registry.optionsOf(slotNow(), signal),
      emit: registry.environment.emit,
      firstUnguarded: () => {
        const slot = slotNow();
        const first = !slot.unguarded;
        slot.unguarded = true;
        return first;
      },
    },
  };
}
