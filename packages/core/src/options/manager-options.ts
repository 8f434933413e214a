import type { Clock } from "../clock.ts";
import type { CacheSettings, ClientOptions, ClientSource } from "./client-options.ts";
import type { Fetch } from "./fetch.ts";
import type { TokenEvent } from "./token-event.ts";

/** What a token manager is made of. */
export interface ManagerOptions<Name extends string = string> extends CacheSettings {
  /** The clients, by name. */
  readonly clients?: Readonly<Record<Name, ClientSource>> | undefined;
  /**
   * Gives the options of clients that nobody listed, for example tenants; `undefined` if there is no such client.
   */
  readonly resolveClient?:
    | ((name: string) => ClientOptions | undefined | Promise<ClientOptions | undefined>)
    | undefined;
  /**
   * Seconds for which options that a function or `resolveClient` gave are used, from 1 to 86 400. Past them the next
   * use asks again, in the background: what was known serves until there is an answer. Tokens outlive new options
   * that ask for the same token. Left out: asked once, and again after `register`.
   */
  readonly clientLifetime?: number | undefined;
  /** Sends the token requests of all clients that name no other. @defaultValue `fetch` */
  readonly httpClient?: Fetch | undefined;
  /** HTTP clients that clients choose by `httpClientName`. */
  readonly httpClients?: Readonly<Record<string, Fetch>> | undefined;
  /**
   * Milliseconds for one whole acquisition, from 100 to 600 000. With a shared cache, waiting for another process's
   * token request may come before it.
   * @defaultValue 10_000
   */
  readonly timeout?: number | undefined;
  /**
   * How many keys are kept in this process: one for each token or remembered failure, one for the options of each
   * resolved name. Roughly the least recently used go first.
   * @defaultValue 100_000
   */
  readonly maxKeys?: number | undefined;
  /**
   * A request to an origin that is not one of the client's fails instead of going out without a token.
   * @defaultValue false
   */
  readonly strictOrigins?: boolean | undefined;
  /** Keeps background work alive where the platform ends a request's work with the request (Workers). */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined;
  /** The one listener. What it throws is ignored. */
  readonly onEvent?: ((event: TokenEvent) => void) | undefined;
}
