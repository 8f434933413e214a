import { withClientToken } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { atOnce, failureOf, tally } from "../support/calls.ts";
import { eventually, pause } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

test("a client can be added at run time, and is served by name and by handle", async () => {
  const { tokens, options, server } = await createWorld();
  const payments = tokens.register("payments", { ...options, clientId: "payments-app" });
  expect(payments.name).toBe("payments");
  const token = await payments.getToken();
  expect(token.clientId).toBe("payments-app");
  expect(await tokens.getToken("payments")).toBe(token);
  expect(server.requests).toHaveLength(1);
});

test("a mistake in new options is found at once, and the old ones stay in force", async () => {
  const { tokens, options, invoices } = await createWorld();
  const token = await invoices.getToken();
  expect(() => tokens.register("invoices", { ...options, clientId: "" })).toThrow(/"clientId"/);
  expect(await invoices.getToken()).toBe(token);
});

describe("changed options never serve the old token", () => {
  test("to handles and middlewares from before", async () => {
    const { tokens, options, invoices, invoicesFetch, api, server, seen } = await createWorld();
    const old = await invoices.getToken();
    tokens.register("invoices", { ...options, clientSecret: "rotated" });

    expect(invoices.peekToken()).toBeUndefined();
    expect(await invoices.getToken()).not.toBe(old);
    await invoicesFetch(api);
    expect(seen[0]?.authorization).toBe(`Bearer ${server.issued[1]}`);
    expect(server.requests[1]?.headers.get("authorization")).toBe(`Basic ${btoa("invoices-app:rotated")}`);
  });

  test("not even if the options are the same as before", async () => {
    const { tokens, options, invoices, server } = await createWorld();
    await invoices.getToken();
    tokens.register("invoices", options);
    await invoices.getToken();
    expect(server.requests).toHaveLength(2);
  });

  test("to calls with a scope of their own", async () => {
    const { tokens, options, invoices } = await createWorld();
    const old = await invoices.getToken({ scope: "write" });
    tokens.register("invoices", { ...options, clientSecret: "rotated" });
    expect(await invoices.getToken({ scope: "write" })).not.toBe(old);
  });

  test("to callers that wait for a token request from before", async () => {
    const { tokens, options, invoices, server } = await createWorld();
    let letGo = (): void => {};
    server.answerNext(async () => {
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      return Response.json({ access_token: "of-the-old-options" });
    });
    const waiting = atOnce(5, () => invoices.getToken());
    await eventually(() => expect(server.requests).toHaveLength(1));
    tokens.register("invoices", { ...options, clientId: "new-app" });
    await pause(5);
    letGo();
    const results = await waiting;
    expect(tally(results.map(({ clientId }) => clientId))).toEqual({ "new-app": 5 });
    expect((await invoices.getToken()).clientId).toBe("new-app");
    expect(server.requests).toHaveLength(2);
  });

  test("after a refused credential, a new one is tried at once", async () => {
    const { tokens, options, invoices, server } = await createWorld();
    server.answerNext(() => Response.json({ error: "invalid_client" }, { status: 401 }));
    await failureOf(invoices.getToken());
    tokens.register("invoices", { ...options, clientSecret: "right" });
    await expect(invoices.getToken()).resolves.toBeDefined();
  });
});

describe("unregister", () => {
  test("forgets the client, and handles of it say so", async () => {
    const { tokens, invoices, invoicesFetch, api, seen } = await createWorld();
    await invoices.getToken();
    tokens.unregister("invoices");

    expect(() => tokens.client("invoices")).toThrow(/"invoices" is not a client/);
    expect(await failureOf(invoices.getToken())).toMatchObject({ code: "ERR_TOKEN_CONFIGURATION" });
    expect(await failureOf(invoicesFetch(api))).toMatchObject({ code: "ERR_TOKEN_CONFIGURATION" });
    expect(seen).toHaveLength(0);
  });

  test("of a name that is not there does nothing", async () => {
    const { tokens } = await createWorld();
    expect(() => tokens.unregister("nobody")).not.toThrow();
  });

  test("ends calls that wait", async () => {
    const { tokens, invoices, server } = await createWorld();
    server.answerNext(() => new Promise<Response>(() => {}));
    const waiting = failureOf(invoices.getToken());
    await eventually(() => expect(server.requests).toHaveLength(1));
    tokens.unregister("invoices");
    expect(await waiting).toMatchObject({ code: "ERR_TOKEN_CONFIGURATION" });
  });

  test("and register again serve the handles from before", async () => {
    const { tokens, options, invoices } = await createWorld();
    await invoices.getToken();
    tokens.unregister("invoices");
    tokens.register("invoices", { ...options, clientId: "again" });
    expect((await invoices.getToken()).clientId).toBe("again");
  });
});

test("a name may be registered after the middleware that uses it was made", async () => {
  const { tokens, options, api } = await createWorld();
  const lateFetch = withClientToken("late", { manager: tokens })(fetch);
  expect(await failureOf(lateFetch(api))).toMatchObject({ code: "ERR_TOKEN_CONFIGURATION" });
  tokens.register("late", options);
  expect((await lateFetch(api)).status).toBe(200);
});

test("two clients never share a token, even with the same options", async () => {
  const { tokens, options, invoices, server } = await createWorld();
  const twin = tokens.register("twin", options);
  expect(await twin.getToken()).not.toBe(await invoices.getToken());
  expect(server.requests).toHaveLength(2);
});

test("removing tokens of old options leaves nothing behind", async () => {
  const { tokens, options, invoices } = await createWorld();
  const before = tokens.stats().keys;
  for (let round = 0; round < 5; round++) {
    await invoices.getToken();
    await invoices.getToken({ scope: "write" });
    tokens.register("invoices", options);
  }
  await invoices.getToken();
  await invoices.getToken({ scope: "write" });
  expect(tokens.stats().keys - before).toBe(2);
});
