import {
  createTokenManager,
  withClientToken,
  type AccessToken,
  type ClientOptions,
  type Fetch,
  type FetchMiddleware,
  type NameOf,
  type TokenClient,
  type TokenManager,
} from "@client-token/core";
import { expectTypeOf, test } from "vitest";

declare const options: ClientOptions;
const tokens = createTokenManager({ clients: { invoices: options, payments: () => options } });

test("names are inferred from clients", () => {
  expectTypeOf(tokens).toEqualTypeOf<TokenManager<"invoices" | "payments">>();
  expectTypeOf<NameOf<typeof tokens>>().toEqualTypeOf<"invoices" | "payments">();
  tokens.client("invoices");
  // @ts-expect-error: a name that does not exist
  tokens.client("invoises");
  // @ts-expect-error: a name that does not exist
  void tokens.getToken("invoises");
  // @ts-expect-error: a name that does not exist
  void tokens.deleteToken("invoises");
  // @ts-expect-error: a name that does not exist
  void tokens.warmUp("invoices", "invoises");
});

test("with resolveClient any name will do", () => {
  const open = createTokenManager({ clients: { invoices: options }, resolveClient: () => options });
  expectTypeOf(open).toEqualTypeOf<TokenManager>();
  expectTypeOf<NameOf<typeof open>>().toEqualTypeOf<string>();
  open.client("any tenant");
});

test("names are checked against options.manager", () => {
  expectTypeOf(withClientToken("invoices", { manager: tokens })).toEqualTypeOf<FetchMiddleware>();
  withClientToken(tokens.client("payments"), { manager: tokens });
  // @ts-expect-error: a name that does not exist there
  withClientToken("invoises", { manager: tokens });
});

test("without a registered default manager any name will do", () => {
  expectTypeOf(withClientToken("whatever")).toEqualTypeOf<FetchMiddleware>();
});

test("register takes any name and returns the handle, so that late names need no cast", () => {
  const late = tokens.register("late", options);
  expectTypeOf(late).toEqualTypeOf<TokenClient>();
  withClientToken(late);
});

test("what comes out is typed", () => {
  expectTypeOf(tokens.getToken("invoices")).toEqualTypeOf<Promise<AccessToken>>();
  expectTypeOf(tokens.client("invoices").peekToken()).toEqualTypeOf<AccessToken | undefined>();
  expectTypeOf(withClientToken("any")(fetch)).toEqualTypeOf<Fetch>();
});

test("the platform's fetch fits, and what comes out fits where a fetch is wanted", () => {
  const platform: typeof fetch = withClientToken("any")(fetch);
  expectTypeOf(platform).toBeFunction();
});
