import {
  configureClientTokens,
  createTokenManager,
  withClientToken,
  type TokenManager,
} from "@client-token/core";
import { describe, expect, test } from "vitest";
import { failureOf } from "../support/calls.ts";
import { eventually, letTimePass, pause, watch } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

describe("close", () => {
  test("ends the service: neither names, handles nor middlewares get a token", async () => {
    const { tokens, invoices, invoicesFetch, api, seen } = await createWorld();
    await invoicesFetch(api);
    await tokens.close();
    const closed = { code: "ERR_TOKEN_MANAGER_CLOSED", client: "invoices" };

    expect(await failureOf(tokens.getToken("invoices"))).toMatchObject(closed);
    expect(() => tokens.client("invoices")).toThrow(/closed: make a new one/);
    expect(await failureOf(invoices.getToken())).toMatchObject(closed);
    expect(await failureOf(invoicesFetch(api))).toMatchObject(closed);
    expect(seen).toHaveLength(1);
  });

  test("waits for work in the background", async () => {
    const { tokens, invoices, server, clock } = await createWorld();
    await invoices.getToken();
    await clock.advance(3_500_000);
    let letGo = (): void => {};
    server.answerNext(async () => {
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      return Response.json({ access_token: "renewed" });
    });
    invoices.peekToken();
    await eventually(() => expect(server.requests).toHaveLength(2));
    const closing = watch(tokens.close());
    await pause();
    expect(closing.settled()).toBe(false);
    letGo();
    await closing.work;
  });

  test("comes to an end though the background work hangs", async () => {
    const { tokens, invoices, server, clock } = await createWorld({ client: { timeout: 2000 } });
    await invoices.getToken();
    await clock.advance(3_500_000);
    server.answerAlways(() => new Promise<Response>(() => {}));
    invoices.peekToken();
    await eventually(() => expect(server.requests).toHaveLength(2));
    const { result, took } = await letTimePass(clock, tokens.close());
    expect(result.status).toBe("fulfilled");
    expect(took).toBeLessThanOrEqual(3000);
  });

  test("may be called twice, and by await using", async () => {
    const held: TokenManager[] = [];
    {
      await using tokens = createTokenManager<string>({ clients: {} });
      held.push(tokens);
      expect(tokens.stats().closed).toBe(false);
      await tokens.close();
    }
    expect(held[0]?.stats().closed).toBe(true);
  });

  test("a closed manager starts no renewal", async () => {
    const { tokens, invoices, server, clock } = await createWorld();
    await invoices.getToken();
    await tokens.close();
    await clock.advance(3_500_000);
    try {
      invoices.peekToken();
    } catch {
      // Whether it says so or gives nothing is not the point here.
    }
    await pause();
    expect(server.requests).toHaveLength(1);
  });
});

describe("warmUp", () => {
  test("gets tokens before they are needed", async () => {
    const { tokens, options, server, invoices } = await createWorld();
    const payments = tokens.register("payments", options);
    await tokens.warmUp("invoices", "payments");
    expect(invoices.peekToken()).toBeDefined();
    expect(payments.peekToken()).toBeDefined();
    expect(server.requests).toHaveLength(2);
  });

  test("fails if one of them fails", async () => {
    const { tokens, server } = await createWorld();
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
    expect(await failureOf(tokens.warmUp("invoices"))).toMatchObject({ code: "ERR_TOKEN_REFUSED" });
  });

  test("of nobody does nothing", async () => {
    const { tokens, server } = await createWorld();
    await tokens.warmUp();
    expect(server.requests).toHaveLength(0);
  });
});

test("construction does no I/O and starts no timer", async () => {
  let touched = 0;
  const touch = (): never => {
    touched++;
    throw new Error("too early");
  };
  const { options } = await createWorld();
  const clock = { now: touch, monotonic: touch, setTimeout: touch, clearTimeout: touch };
  const tokens = createTokenManager({
    clock,
    httpClient: touch,
    clients: { invoices: options, lazy: touch },
    resolveClient: touch,
  });
  withClientToken(tokens.client("invoices"))(fetch);
  expect(touched).toBe(0);
});

test("stats tell how many keys are kept and which events there were", async () => {
  const { tokens, invoices } = await createWorld();
  expect(tokens.stats()).toEqual({ keys: 0, events: {}, closed: false });
  await invoices.getToken();
  await invoices.getToken({ scope: "write" });
  expect(tokens.stats()).toEqual({ keys: 2, events: { "token-obtained": 2 }, closed: false });
});

test("two managers in one process never meet", async () => {
  const { options, clock, server } = await createWorld();
  const [one, other] = [0, 1].map(() => createTokenManager({ clients: { invoices: options }, clock }));
  expect(await one?.getToken("invoices")).not.toBe(await other?.getToken("invoices"));
  expect(server.requests).toHaveLength(2);
});

test("waitUntil is given the work that goes on in the background", async () => {
  const works: Promise<unknown>[] = [];
  const { invoices, clock, server } = await createWorld({
    manager: { waitUntil: (work) => works.push(work) },
  });
  await invoices.getToken();
  works.length = 0;
  await clock.advance(3_500_000);
  invoices.peekToken();
  expect(works.length).toBeGreaterThan(0);
  await Promise.all(works);
  expect(server.requests).toHaveLength(2);
  expect(invoices.peekToken()?.accessToken).toBe(server.issued[1]);
});

test("a listener that throws breaks nothing", async () => {
  const onEvent = (): never => {
    throw new Error("listener");
  };
  const { invoices } = await createWorld({ manager: { onEvent } });
  await expect(invoices.getToken()).resolves.toBeDefined();
});

test("a waitUntil that throws breaks nothing", async () => {
  const waitUntil = (): never => {
    throw new Error("the request is over");
  };
  const { invoices } = await createWorld({ manager: { waitUntil } });
  await expect(invoices.getToken()).resolves.toBeDefined();
});

test("a middleware looks the default manager up when a request is made", async () => {
  const { options, api } = await createWorld();
  const early = withClientToken("invoices")(fetch);
  const error = await failureOf(early(api));
  expect(error).toMatchObject({ code: "ERR_TOKEN_CONFIGURATION" });
  expect(error.message).toMatch(/call configureClientTokens first/);

  const tokens = configureClientTokens({ clients: { invoices: options } });
  expect((await early(api)).status).toBe(200);
  await tokens.close();
});
