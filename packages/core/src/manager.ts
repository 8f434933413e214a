/// <reference lib="esnext.disposable" />
import type { AccessToken } from "./access-token.ts";
import { createTokenClient, type TokenClient } from "./client.ts";
import { waitFor } from "./clock.ts";
import { TokenClientError } from "./errors.ts";
import type { ClientSource } from "./options/client-options.ts";
import type { ManagerOptions } from "./options/manager-options.ts";
import { longestTimeout, resolveManager } from "./options/resolve-manager.ts";
import type { TokenEvent } from "./options/token-event.ts";
import type { TokenRequest } from "./options/token-request.ts";
import { createRegistry } from "./registry/registry.ts";

/** A number of clients, their tokens, and what they share. Two managers in one process never meet. */
export interface TokenManager<Name extends string = string> {
  /**
   * A handle on a client.
   * @throws ConfigurationError for an unknown name; it lists the known ones
   */
  client(name: Name): TokenClient;
  /** Adds a client at run time, or gives one new options: tokens of the old options are not handed out any more. */
  register(name: string, client: ClientSource): TokenClient;
  /** Forgets a client and its tokens in this process. */
  unregister(name: string): void;
  /** Shorthand for `client(name).getToken(request)`. */
  getToken(name: Name, request?: TokenRequest): Promise<AccessToken>;
  /** Shorthand for `client(name).deleteToken(request)`. */
  deleteToken(name: Name, request?: TokenRequest): Promise<void>;
  /** Gets the tokens of these clients before they are needed. */
  warmUp(...names: Name[]): Promise<void>;
  /** What this manager holds and has done so far. */
  stats(): ManagerStats;
  /** Hands out no more tokens, and waits for work in the background. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A glance at a manager. */
export interface ManagerStats {
  /** Keys kept in this process, of at most `maxKeys`. */
  readonly keys: number;
  /** How many events of each type there were. */
  readonly events: Readonly<Partial<Record<TokenEvent["type"], number>>>;
  /** Whether `close()` was called. */
  readonly closed: boolean;
}

/** Managers that resolve names at run time serve any name. */
export type ResolvingOptions = ManagerOptions & {
  readonly resolveClient: NonNullable<ManagerOptions["resolveClient"]>;
};

/**
 * Makes a token manager of your own. Construction does no I/O.
 *
 * @throws ConfigurationError that names the option and the fix
 * @example
 * ```ts
 * import { createTokenManager } from "@client-token/core";
 *
 * const tokens = createTokenManager({
 *   clients: {
 *     invoices: { tokenEndpoint: "https://sts.company.com/connect/token", clientId: "invoices", clientSecret: "s3cret" },
 *   },
 * });
 * const { authorization } = await tokens.getToken("invoices");
 * ```
 */
export function createTokenManager(options: ResolvingOptions): TokenManager;
export function createTokenManager<Name extends string>(options: ManagerOptions<Name>): TokenManager<Name>;
export function createTokenManager(options: ManagerOptions): TokenManager {
  const settings = resolveManager(options);
  const events: Partial<Record<TokenEvent["type"], number>> = {};
  const background = new Set<Promise<unknown>>();
  let closed = false;

  const registry = createRegistry(settings, options.clients ?? {}, options.resolveClient, {
    emit(event) {
      events[event.type] = (events[event.type] ?? 0) + 1;
      attempt(() => settings.onEvent?.(event));
    },
    inBackground(work) {
      background.add(work);
      void work.finally(() => background.delete(work));
      attempt(() => settings.waitUntil?.(work));
    },
    assertOpen(name) {
      if (!closed) return;
      throw new TokenClientError("the token manager is closed: make a new one.", {
        client: name,
        code: "ERR_TOKEN_MANAGER_CLOSED",
      });
    },
  });

  const client = (name: string): TokenClient => createTokenClient(registry, name);
  const close = async (): Promise<void> => {
    closed = true;
    const idle = async (): Promise<void> => {
      // Work may leave work behind: the token that it got is still to be shared.
      while (background.size > 0) await Promise.all(background);
    };
    // Work in the background does not keep the process alive; whoever waits for it does.
    await waitFor(settings.clock, idle(), longestTimeout, () => undefined).catch(() => {});
  };

  return {
    client,
    register(name, source) {
      registry.register(name, source);
      return client(name);
    },
    unregister: (name) => registry.unregister(name),
    getToken: async (name, request) => client(name).getToken(request),
    deleteToken: async (name, request) => client(name).deleteToken(request),
    async warmUp(...names) {
      await Promise.all(names.map((name) => client(name).getToken()));
    },
    stats: () => ({ keys: registry.size(), events: { ...events }, closed }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A callback of the caller's can never break a request. */
function attempt(callback: () => void): void {
  try {
    callback();
  } catch {
    // The caller's own business.
  }
}
