import type { ClientAssertion } from "./client-assertion.ts";
import type { Dpop } from "./dpop.ts";
import type { Fetch } from "./fetch.ts";
import type { SharedTokenCache } from "./shared-tokens.ts";
import type { CacheKeyParts } from "./token-cache.ts";
import type { TokenParameters } from "./token-request.ts";

/**
 * A shared secret, or a function that gives the one in force (rotation). The function is asked before each try of a
 * token request, and once more when the server refuses what it gave: another secret is then tried at once.
 */
export type ClientSecret = string | (() => string | Promise<string>);

/**
 * How the client id and secret travel to the token endpoint (RFC 6749 §2.3.1). `"authorization-header-raw"` is for
 * servers that do not decode the header: both parts are sent as they are, in UTF-8 (RFC 7617).
 */
export type ClientCredentialStyle = "authorization-header" | "authorization-header-raw" | "post-body";

/** Mutual TLS (RFC 8705); the certificate itself is the HTTP client's. */
export interface MutualTls {
  /**
   * The SHA-256 thumbprint of the certificate, in base64url (`x5t#S256`). Give it where tokens are shared: others
   * with the same certificate then share the tokens that are bound to it. Without it they stay in this process.
   */
  readonly thumbprint?: string | undefined;
}

/** Settings that the manager gives to all clients, and that each client may have of its own. */
export interface CacheSettings {
  /**
   * The shared cache: `keyvTokenCache(…)`, `memoryTokenCache()`, or `sharedTokenCache(…)` around your own. Left
   * out: tokens live in this process only.
   */
  readonly cache?: SharedTokenCache | undefined;
  /**
   * Seconds taken off a token's life, at most half of it: one hour is cached for 59 minutes.
   * @defaultValue 60; in a client, the manager's
   */
  readonly cacheLifetimeBuffer?: number | undefined;
  /**
   * What keys in the shared cache begin with: up to 64 characters of `A-Z a-z 0-9 . _ : -`.
   * @defaultValue `"client-token::"`; in a client, the manager's
   */
  readonly cacheKeyPrefix?: string | undefined;
  /** Replaces the key in the shared cache. A clash costs hits, never a wrong token: entries repeat their digest. */
  readonly cacheKey?: ((parts: CacheKeyParts) => string) | undefined;
}

/** Who issues the tokens; exactly one of the two is given. */
interface AuthorizationServerOptions {
  /** The URL that tokens are asked from (RFC 6749 §3.2). `https:`, or `http:` on a loopback host. */
  readonly tokenEndpoint: string | URL;
  /**
   * The issuer identifier, as the server itself writes it; the token endpoint is looked up in its metadata
   * (RFC 8414, OpenID Connect Discovery).
   */
  readonly issuer: string | URL;
}

/** Everything else. */
interface ClientSettings extends CacheSettings {
  /** The client identifier (RFC 6749 §2.2). */
  readonly clientId: string;
  /**
   * The shared secret. Leave it out for a public client, an assertion or a certificate; present but `undefined` or
   * empty is an error, since it nearly always means an environment variable that is not set.
   */
  readonly clientSecret?: ClientSecret | undefined;
  /**
   * Where the id and secret are sent (RFC 6749 §2.3.1).
   * @defaultValue `"authorization-header"`
   */
  readonly clientCredentialStyle?: ClientCredentialStyle | undefined;
  /**
   * Proves who the client is without a shared secret on the wire (RFC 7521 §4.2): `privateKeyJwt(…)`,
   * `clientSecretJwt(…)`, `assertionFromFile(…)`, or a function of your own. Never beside `clientSecret`.
   */
  readonly clientAssertion?: ClientAssertion | undefined;
  /**
   * The HTTP client presents a certificate (RFC 8705). Without `clientSecret` and `clientAssertion` it proves who
   * the client is; beside one of them, tokens are bound to it and no more.
   */
  readonly mutualTls?: MutualTls | undefined;
  /** Binds the tokens to a key of this client (RFC 9449): `dpop()` of `@client-token/core/dpop`. */
  readonly dpop?: Dpop | undefined;
  /** The scope, as a space-separated string or a list (RFC 6749 §3.3). */
  readonly scope?: string | readonly string[] | undefined;
  /** One or several resource indicators (RFC 8707 §2). */
  readonly resource?: string | readonly string[] | undefined;
  /** Extra form fields, for example `audience`, `tenant` or `authorization_details`; none of the protocol's own. */
  readonly parameters?: TokenParameters | undefined;
  /** Sends the token requests. Wins over `httpClientName`. */
  readonly httpClient?: Fetch | undefined;
  /** One of the manager's `httpClients`. Wins over the manager's `httpClient`. */
  readonly httpClientName?: string | undefined;
  /**
   * Milliseconds for one whole acquisition: credential callbacks, all tries, all pauses. With a shared cache,
   * waiting for another process's token request may come before it.
   * @defaultValue the manager's
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
export type ClientOptions = ClientSettings &
  Partial<AuthorizationServerOptions> &
  (Pick<AuthorizationServerOptions, "tokenEndpoint"> | Pick<AuthorizationServerOptions, "issuer">);

/** A client, or a function that makes one at first use: it may ask discovery, a vault or a database. */
export type ClientSource = ClientOptions | (() => ClientOptions | Promise<ClientOptions>);
