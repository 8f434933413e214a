import {
  TokenClientError,
  withClientToken,
  type AccessToken,
  type TokenClient,
  type TokenRequest,
} from "@client-token/core";
import { createAuthorizer, type RequestView } from "@client-token/core/adapter";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { failureOf } from "../support/calls.ts";
import { api, createInMemoryWorld } from "../support/in-memory.ts";
import { pause, watch } from "../support/time.ts";

const unhandled = vi.fn<(reason: unknown) => void>();
beforeEach(() => {
  unhandled.mockClear();
  process.on("unhandledRejection", unhandled);
});
afterEach(() => {
  process.off("unhandledRejection", unhandled);
});

const view = (url: string): RequestView => ({ method: "GET", url, header: () => undefined });
const refusal = { status: 401, header: () => undefined };

/** A handle of somebody else's make: the public surface, and nothing behind it. */
function foreignHandle(token: AccessToken, more: Partial<TokenClient> = {}): TokenClient {
  return {
    name: "foreign",
    getToken: async () => token,
    peekToken: () => undefined,
    rejectToken: async () => token,
    deleteToken: async () => {},
    ...more,
  };
}

async function createToken(): Promise<AccessToken> {
  return createInMemoryWorld().invoices.getToken();
}

describe("a handle of another make", () => {
  test.each([`${api}/list`, "http://127.0.0.1:8080/"])("has its token sent to %s", async (url) => {
    const token = await createToken();
    const attached = await createAuthorizer(foreignHandle(token)).attach(view(url));
    expect(attached?.headers).toEqual({ authorization: token.authorization });
  });

  test("is not sent in the clear", async () => {
    const authorizer = createAuthorizer(foreignHandle(await createToken()));
    expect(() => authorizer.attach(view("http://api.internal/"))).toThrow(/foreign.*not encrypted/);
  });

  test("does not leave the origin of the instance's base URL", async () => {
    const authorizer = createAuthorizer(foreignHandle(await createToken()));
    expect(authorizer.attach(view("https://other.test/"), { baseUrl: api })).toBeUndefined();
  });

  test("may choose for one request", async () => {
    const { tokens, server } = createInMemoryWorld();
    const token = await createToken();
    const authorizer = createAuthorizer("invoices", { manager: tokens });
    const attached = await authorizer.attach(view(api), { choice: { client: foreignHandle(token) } });
    expect(attached?.token).toBe(token);
    expect(server.requests).toHaveLength(0);
  });

  test("is told which token was refused, and its next one is sent", async () => {
    const { invoices } = createInMemoryWorld();
    const [old, next] = [await invoices.getToken(), await invoices.getToken({ forceRenewal: true })];
    const rejectToken = vi.fn<TokenClient["rejectToken"]>(async () => next);
    const authorizer = createAuthorizer(foreignHandle(old, { rejectToken }));
    const sent = await authorizer.attach(view(api));
    const again = await authorizer.shouldRetry(sent!, refusal, true);
    expect(again).toMatchObject({ token: next, headers: { authorization: next.authorization } });
    expect(rejectToken.mock.calls.map(([token]) => token)).toEqual([old]);
  });
});

test("a token at hand is sent without asking for another one", async () => {
  const token = await createToken();
  const getToken = vi.fn<TokenClient["getToken"]>(async () => token);
  const authorizer = createAuthorizer(foreignHandle(token, { peekToken: () => token, getToken }));
  expect(authorizer.attach(view(api))).toMatchObject({ token, retried: false });
  expect(getToken).not.toHaveBeenCalled();
});

describe("a replacement that cannot be had", () => {
  test("leaves the API's own 401 to the caller", async () => {
    const { tokens, server } = createInMemoryWorld();
    const invoicesFetch = withClientToken("invoices", { manager: tokens })(async () => {
      await tokens.close();
      return new Response("the API's words", { status: 401 });
    });
    const response = await invoicesFetch(api);
    expect([response.status, await response.text()]).toEqual([401, "the API's words"]);
    expect(server.requests).toHaveLength(1);
  });

  test("for a reason that has nothing to do with tokens is thrown", async () => {
    const bug = new RangeError("a mistake in the handle");
    const handle = foreignHandle(await createToken(), { rejectToken: () => Promise.reject(bug) });
    const sent = withClientToken(handle)(async () => new Response(null, { status: 401 }));
    expect(await failureOf(sent(api))).toBe(bug);
  });

  test.each([
    ["a token error", new TokenClientError("closed.", { client: "x", code: "ERR_TOKEN_MANAGER_CLOSED" })],
    ["a mistake", new RangeError("a mistake in the handle")],
  ])("fails nobody where the request cannot be sent again: %s", async (_, reason) => {
    const handle = foreignHandle(await createToken(), { rejectToken: () => Promise.reject(reason) });
    const authorizer = createAuthorizer(handle);
    const sent = await authorizer.attach(view(api));
    expect(authorizer.shouldRetry(sent!, refusal, false)).toBeUndefined();
    await pause(5);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe("a choice made at the call", () => {
  test("is not put to select", async () => {
    const { tokens } = createInMemoryWorld();
    const select = vi.fn<() => false>(() => false);
    const authorizer = createAuthorizer("invoices", { manager: tokens, select });
    expect(await authorizer.attach(view(api), { choice: {} })).toBeDefined();
    expect(select).not.toHaveBeenCalled();
    expect(authorizer.attach(view(api))).toBeUndefined();
    expect(select).toHaveBeenCalledTimes(1);
  });
});

describe("the wait for a token", () => {
  test.each(["the request", "the choice"])(
    "ends when %s is aborted, whichever of both it is",
    async (who) => {
      const { tokens, holdNextToken } = createInMemoryWorld();
      holdNextToken();
      const [request, choice] = [new AbortController(), new AbortController()];
      const authorizer = createAuthorizer("invoices", { manager: tokens });
      const attaching = watch(
        Promise.resolve(
          authorizer.attach(view(api), { signal: request.signal, choice: { signal: choice.signal } }),
        ),
      );
      await pause(2);
      expect(attaching.settled()).toBe(false);
      const reason = new Error("changed my mind");
      (who === "the request" ? request : choice).abort(reason);
      expect(await failureOf(attaching.work)).toBe(reason);
    },
  );

  test("hands on a signal that is the only one as it is, and makes none up", async () => {
    const token = await createToken();
    const asked: (TokenRequest | undefined)[] = [];
    const handle = foreignHandle(token, {
      getToken: async (request) => {
        asked.push(request);
        return token;
      },
    });
    const { signal } = new AbortController();
    const authorizer = createAuthorizer(handle);
    await authorizer.attach(view(api));
    await authorizer.attach(view(api), { signal });
    await authorizer.attach(view(api), { choice: { signal, scope: "list" } });
    expect(asked.map((request) => request?.signal)).toEqual([undefined, signal, signal]);
    expect(asked.at(-1)?.scope).toBe("list");
  });
});

describe("a client given by its name", () => {
  test("is looked up once in its manager, not at every request", async () => {
    const { tokens } = createInMemoryWorld();
    const lookUps = vi.spyOn(tokens, "client");
    const authorizer = createAuthorizer("invoices", { manager: tokens });
    for (let call = 0; call < 3; call++) await authorizer.attach(view(api));
    expect(lookUps).toHaveBeenCalledTimes(1);
  });

  test("gives way to another name for the requests that choose one, and to no others", async () => {
    const { tokens, options } = createInMemoryWorld();
    tokens.register("reports", { ...options, clientId: "reports-app" });
    const authorizer = createAuthorizer("invoices", { manager: tokens });
    const clients: (string | undefined)[] = [];
    for (const client of [undefined, "reports", undefined, "reports", "invoices"]) {
      clients.push((await authorizer.attach(view(api), { choice: { client } }))?.token.clientId);
    }
    expect(clients).toEqual(["invoices-app", "reports-app", "invoices-app", "reports-app", "invoices-app"]);
  });
});

describe("where a token may go", () => {
  test("a client that guards no origin is told of once, at its first request", async () => {
    const { tokens, events, options } = createInMemoryWorld({ origins: undefined });
    tokens.register("reports", options);
    const told = (): unknown[] => events.filter(({ type }) => type === "origin-unguarded");
    const authorizer = createAuthorizer("invoices", { manager: tokens });
    await authorizer.attach(view(api));
    expect(told()).toEqual([{ type: "origin-unguarded", client: "invoices" }]);
    await authorizer.attach(view(api));
    await createAuthorizer("invoices", { manager: tokens }).attach(view("https://other.test/"));
    expect(told()).toHaveLength(1);
    await createAuthorizer("reports", { manager: tokens }).attach(view(api));
    expect(told()).toHaveLength(2);
  });

  test("strictOrigins says which origin was refused, and why", async () => {
    const { tokens } = createInMemoryWorld({}, { strictOrigins: true });
    const authorizer = createAuthorizer("invoices", { manager: tokens });
    expect(() => authorizer.attach(view("https://other.test/list"))).toThrow(
      /"invoices".*https:\/\/other\.test, which is not its own.*list it in origins/,
    );
    expect(() => authorizer.attach(view("/list"))).toThrow(/an unknown origin, which is not its own/);
  });
});
