import {
  configureClientTokens,
  createTokenManager,
  isTokenError,
  memoryTokenCache,
  sharedTokenCache,
  withClientToken,
  type AnyTokenError,
  type CacheEntry,
  type ClientOptions,
  type ManagerOptions,
  type ManagerStats,
  type SharedTokenCache,
  type TokenClient,
  type TokenClientError,
  type TokenEndpointError,
  type TokenEvent,
  type TokenRequest,
} from "@client-token/core";
import { expectTypeOf, test } from "vitest";

/** The names of the members of `T` that are `any`. */
type AnyIn<T> = { [K in keyof T]-?: 0 extends 1 & T[K] ? K : never }[keyof T];

test("no any leaks out of the surface", () => {
  expectTypeOf<AnyIn<ClientOptions>>().toBeNever();
  expectTypeOf<AnyIn<ManagerOptions>>().toBeNever();
  expectTypeOf<AnyIn<TokenRequest>>().toBeNever();
  expectTypeOf<AnyIn<TokenClient>>().toBeNever();
  expectTypeOf<AnyIn<ManagerStats>>().toBeNever();
  expectTypeOf<AnyIn<TokenEvent>>().toBeNever();
  expectTypeOf<CacheEntry["anything"]>().toBeUnknown();
  expectTypeOf(createTokenManager).returns.not.toBeAny();
  expectTypeOf(configureClientTokens).returns.not.toBeAny();
  expectTypeOf(withClientToken).returns.not.toBeAny();
});

test("a mistake in the options is a compile error", () => {
  const good = { tokenEndpoint: "https://sts.test/", clientId: "id" };
  createTokenManager({ clients: { good } });
  // @ts-expect-error: no clientId
  createTokenManager({ clients: { bad: { tokenEndpoint: "https://sts.test/" } } });
  // @ts-expect-error: no tokenEndpoint
  createTokenManager({ clients: { bad: { clientId: "id" } } });
  // @ts-expect-error: a style that does not exist
  createTokenManager({ clients: { bad: { ...good, clientCredentialStyle: "basic" } } });
  // @ts-expect-error: an option that does not exist
  createTokenManager({ clients: {}, cacheLifetime: 60 });
  // @ts-expect-error: a store of one's own is wrapped first
  createTokenManager({ clients: {}, cache: { get: async () => undefined, set: async () => {} } });
  expectTypeOf(createTokenManager({ clients: {}, cache: memoryTokenCache() })).toBeObject();
});

test("an environment variable may be given as it is typed: the check is made at construction", () => {
  const clientSecret = process.env["INVOICES_SECRET"];
  const client = { tokenEndpoint: "https://sts.test/", clientId: "id", clientSecret };
  expectTypeOf(client).toExtend<ClientOptions>();
});

test("the code of an error narrows it", () => {
  const read = (error: AnyTokenError): void => {
    if (error.code === "ERR_TOKEN_REFUSED") {
      expectTypeOf(error).toEqualTypeOf<TokenEndpointError>();
      expectTypeOf(error.errorDescription).toEqualTypeOf<string | undefined>();
    }
    if (error.code === "ERR_TOKEN_RESPONSE_MALFORMED") expectTypeOf(error.status).toBeNumber();
    if (error.code === "ERR_TOKEN_REQUEST_TIMEOUT") expectTypeOf(error).not.toHaveProperty("status");
    if (error.code === "ERR_TOKEN_ORIGIN") expectTypeOf(error).toEqualTypeOf<TokenClientError>();
  };
  expectTypeOf(isTokenError).guards.toEqualTypeOf<AnyTokenError>();
  expectTypeOf(read).toBeFunction();
});

test("the type of an event narrows it", () => {
  const read = (event: TokenEvent): unknown => {
    if (event.type === "token-obtained") {
      expectTypeOf(event.from).toEqualTypeOf<"token-endpoint" | "shared-cache">();
    }
    if (event.type === "token-withheld") expectTypeOf(event.origin).toBeString();
    // @ts-expect-error: not every event has an origin
    return event.origin;
  };
  expectTypeOf(read).toBeFunction();
});

test("a cache of one's own is shared through sharedTokenCache", () => {
  const entries = new Map<string, CacheEntry>();
  const cache = sharedTokenCache({
    get: async (key) => entries.get(key),
    set: async (key, entry) => void entries.set(key, entry),
  });
  expectTypeOf(cache).toEqualTypeOf<SharedTokenCache>();
});
