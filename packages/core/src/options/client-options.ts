import type { Fetch } from "./fetch.ts";
import type { SharedTokenCache } from "./shared-tokens.ts";
import type { CacheKeyParts } from "./token-cache.ts";
import type { TokenParameters } from "./token-request.ts";

/** A shared secret, or a function that gives the one in force (rotation); asked before each token request. */
export type ClientSecret = string | (() => string | Promise<string>);

/** How the client id and secret travel to the token endpoint (RFC 6749 §2.3.1). */
export type ClientCredentialStyle = "authorization-header" | "post-body";

/** Settings that the manager gives to all clients, and that each client may have of its own. */
export interface CacheSettings {
  /**
   * The shared cache: `keyvTokenCache(…)`, `memoryTokenCache()`, or `sharedTokenCache(…)` around your own. Left
   * out: tokens live in this process only.
   */
  readonly cache?: SharedTokenCache | undefined;
  /**
   * Seconds taken off a token's life, at most half of it: one hour is cached for 59 minutes.
   * @defaultValue 60
   */
  readonly cacheLifetimeBuffer?: number | undefined;
  /**
   * What keys in the shared cache begin with: up to 64 characters of `A-Z a-z 0-9 . _ : -`.
   * @defaultValue `"client-token::"`
   */
  readonly cacheKeyPrefix?: string | undefined;
  /** Replaces the key in the shared cache. A clash costs hits, never a wrong token: entries repeat their digest. */
  readonly cacheKey?: ((parts: CacheKeyParts) => string) | undefined;
}

/**
 * One OAuth client (RFC 6749 §2) at one authorization server.
 *
 * @example
 * ```ts
 * import type { ClientOptions } from "@client-token/core";
 *
 * export const invoices: ClientOptions = {
 *   tokenEndpoint: "https://sts.company.com/connect/token",
 *   clientId: "4a632e2e-0466-4e5a-a094-0455c6105f57",
 *   clientSecret: process.env.INVOICES_SECRET,
 *   scope: "list",
 *   resource: "urn:invoices",
 *   origins: ["https://api.company.com"],
 * };
 * ```
 */
export interface ClientOptions extends CacheSettings {
  /** The URL that tokens are asked from (RFC 6749 §3.2). `https:`, or `http:` on a loopback host. */
  readonly tokenEndpoint: string | URL;
  /** The client identifier (RFC 6749 §2.2). */
  readonly clientId: string;
  /**
   * The shared secret. Leave it out for a public client; present but `undefined` or empty is an error, since it
   * nearly always means an environment variable that is not set.
   */
  readonly clientSecret?: ClientSecret | undefined;
  /**
   * Where the id and secret are sent (RFC 6749 §2.3.1).
   * @defaultValue `"authorization-header"`
   */
  readonly clientCredentialStyle?: ClientCredentialStyle | undefined;
  /** The scope, as a space-separated string or a list (RFC 6749 §3.3). */
  readonly scope?: string | readonly string[] | undefined;
  /** One or several resource indicators (RFC 8707 §2). */
  readonly resource?: string | readonly string[] | undefined;
  /** Extra form fields of the token request, for example `audience` or `tenant`. */
  readonly parameters?: TokenParameters | undefined;
  /** Sends the token requests. Wins over `httpClientName`. */
  readonly httpClient?: Fetch | undefined;
  /** One of the manager's `httpClients`. Wins over the manager's `httpClient`. */
  readonly httpClientName?: string | undefined;
  /**
   * Milliseconds for one whole acquisition: credential callbacks, all tries, all pauses.
   * @defaultValue 10_000
   */
  readonly timeout?: number | undefined;
  /**
   * Where this client's tokens may go, as exact origins: `["https://api.company.com"]`. Left out: the origin of
   * the instance's base URL; without one, any `https:` origin and loopback.
   */
  readonly origins?: readonly (string | URL)[] | undefined;
  /**
   * Sends the credential in the clear to an `http:` token endpoint beyond loopback. Anyone on the way can read it.
   * @defaultValue false
   */
  readonly dangerouslyAllowInsecureTokenEndpoint?: boolean | undefined;
}

/** A client, or a function that makes one at first use: it may ask discovery, a vault or a database. */
export type ClientSource = ClientOptions | (() => ClientOptions | Promise<ClientOptions>);
