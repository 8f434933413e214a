export { withClientToken } from "./fetch.ts";
export type { ClientReference, WithClientTokenOptions } from "./authorizer/authorizer.ts";
export type { RequestView, SelectToken, TokenChoice } from "./authorizer/token-choice.ts";

export {
  configureClientTokens,
  type AnyManager,
  type DefaultManager,
  type NameOf,
  type Register,
} from "./default-manager.ts";
export { createTokenManager, type ManagerStats, type TokenManager } from "./manager.ts";
export type { TokenClient } from "./client.ts";
export type { AccessToken } from "./access-token.ts";

export { clientSecretJwt, type ClientSecretJwtOptions } from "./assertions/client-secret-jwt.ts";
export { privateKeyJwt, type PrivateKeyJwtOptions } from "./assertions/private-key-jwt.ts";
export type { PrivateKey, Signer } from "./assertions/private-key.ts";
export type { PrivateJwk } from "./keys/private-jwk.ts";
export type { SigningAlgorithm } from "./keys/signing-algorithm.ts";
export type { Assertion, AssertionRequest, ClientAssertion } from "./options/client-assertion.ts";
export type {
  CacheSettings,
  ClientCredentialStyle,
  ClientOptions,
  ClientSecret,
  ClientSource,
  MutualTls,
} from "./options/client-options.ts";
export type { Fetch, FetchMiddleware } from "./options/fetch.ts";
export type { ManagerOptions } from "./options/manager-options.ts";
export type { SharedTokenCache } from "./options/shared-tokens.ts";
export type {
  CacheCallOptions,
  CacheEntry,
  CacheKeyParts,
  Lease,
  TokenCache,
} from "./options/token-cache.ts";
export type { AcquisitionReason, TokenEvent } from "./options/token-event.ts";
export type { TokenParameters, TokenRequest } from "./options/token-request.ts";

export { memoryTokenCache } from "./sharing/memory-token-cache.ts";
export { sharedTokenCache, type SharedTokenCacheOptions } from "./sharing/shared-token-cache.ts";
export { systemClock, type Clock } from "./clock.ts";
export {
  ConfigurationError,
  isTokenError,
  TokenClientError,
  TokenEndpointError,
  TokenError,
  TokenRequestError,
  TokenResponseError,
  type AnyTokenError,
} from "./errors.ts";
