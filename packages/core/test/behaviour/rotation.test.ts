import { memoryTokenCache, sharedTokenCache, type ClientAssertion } from "@client-token/core";
import type { SeenTokenRequest } from "@client-token/core/testing";
import { describe, expect, test, vi } from "vitest";
import { acceptOnly, assertionsSentTo, createAuthenticationWorld } from "../support/authentication.ts";
import { atOnce, failureOf, inARow } from "../support/calls.ts";
import { createInMemoryWorld } from "../support/in-memory.ts";
import { everythingShownBy } from "../support/leaks.ts";
import { letTimePass } from "../support/time.ts";

const refused = (): Response => Response.json({ error: "invalid_client" }, { status: 401 });
const secretOf = ({ headers }: SeenTokenRequest): string =>
  atob(headers.get("authorization")?.slice(6) ?? "").slice("invoices-app:".length);

describe("a rotated secret causes no failed call", () => {
  test.each([
    ["401", () => new Response(null, { status: 401 })],
    ["invalid_client with 400", () => Response.json({ error: "invalid_client" }, { status: 400 })],
    ["unauthorized_client with 400", () => Response.json({ error: "unauthorized_client" }, { status: 400 })],
  ])("that a provider learns of a moment too late (%s)", async (_, refusal) => {
    const secrets = ["old", "new"];
    const { server, events, invoices } = createInMemoryWorld({
      clientSecret: async () => secrets.shift() ?? "new",
    });
    server.answerNext(refusal);
    await atOnce(20, () => invoices.getToken());
    expect(server.requests.map(secretOf)).toEqual(["old", "new"]);
    expect(events.map(({ type }) => type)).toEqual(["token-obtained"]);
  });

  test("also while the request is on its way, time after time", async () => {
    let current = 0;
    let rotates = false;
    const { server, clock, events, invoices } = createInMemoryWorld({
      clientSecret: async () => `s${current}`,
    });
    acceptOnly(server, (request) => {
      if (rotates) current++;
      rotates = false;
      return secretOf(request) === `s${current}`;
    });
    for (let round = 0; round < 5; round++) {
      rotates = true;
      await invoices.getToken({ forceRenewal: true });
      await clock.advance(1000);
    }
    expect(events.map(({ type }) => type)).toEqual(Array(5).fill("token-obtained"));
    expect(server.requests).toHaveLength(10);
  });

  test("and the token outlives the secret that fetched it, here and in the shared cache", async () => {
    const cache = memoryTokenCache();
    const first = createInMemoryWorld({ clientSecret: "old" }, { cache });
    const token = await first.invoices.getToken();
    await first.tokens.close();
    const second = createInMemoryWorld({ clientSecret: "new" }, { cache });
    expect((await second.invoices.getToken()).accessToken).toBe(token.accessToken);
    expect(second.server.requests).toHaveLength(0);
  });

  test("while deleteToken drops it, and the next one is fetched with the new secret", async () => {
    let current = "old";
    const { server, invoices } = createInMemoryWorld({ clientSecret: () => current });
    await invoices.getToken();
    current = "new";
    await invoices.getToken();
    await invoices.deleteToken();
    await invoices.getToken();
    expect(server.requests.map(secretOf)).toEqual(["old", "new"]);
  });
});

describe("a refusal is remembered per credential", () => {
  test("a wrong static secret is sent once, and rests", async () => {
    const { server, invoices } = createInMemoryWorld({ clientSecret: "wrong" });
    server.answerAlways(refused);
    const errors = await inARow(10, () => failureOf(invoices.getToken()));
    expect(new Set(errors).size).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  test("a function that gives the same secret again does not have it sent again", async () => {
    const clientSecret = vi.fn<() => string>(() => "wrong");
    const { server, invoices } = createInMemoryWorld({ clientSecret });
    server.answerAlways(refused);
    await inARow(10, () => failureOf(invoices.getToken()));
    expect(server.requests).toHaveLength(1);
    expect(clientSecret).toHaveBeenCalledTimes(11);
  });

  test("the second of two wrong secrets ends the call", async () => {
    const secrets = ["old", "older"];
    const { server, invoices } = createInMemoryWorld({ clientSecret: () => secrets.shift() ?? "older" });
    server.answerAlways(refused);
    await failureOf(invoices.getToken());
    expect(server.requests.map(secretOf)).toEqual(["old", "older"]);
    await inARow(5, () => failureOf(invoices.getToken()));
    expect(server.requests).toHaveLength(2);
  });

  test("a token request has one second chance, however often it is tried", async () => {
    const secrets = ["a", "b", "c", "d"];
    const { server, clock, invoices } = createInMemoryWorld({ clientSecret: () => secrets.shift() ?? "e" });
    server.answerNext(refused, () => new Response(null, { status: 503 }));
    server.answerAlways(refused);
    const { result } = await letTimePass(clock, failureOf(invoices.getToken()));
    expect(result).toMatchObject({ value: { status: 401 } });
    expect(server.requests.map(secretOf)).toEqual(["a", "b", "c"]);
  });

  test("going back to a refused one makes it no better", async () => {
    const secrets = ["a", "b", "a", "b", "a", "b"];
    const { server, invoices } = createInMemoryWorld({ clientSecret: () => secrets.shift() ?? "a" });
    server.answerAlways(refused);
    await inARow(10, () => failureOf(invoices.getToken()));
    expect(server.requests.map(secretOf)).toEqual(["a", "b"]);
  });

  test("a freshly signed assertion is not new", async () => {
    let count = 0;
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: () => ({ assertion: `jwt-${++count}`, credential: "the-key" }),
    });
    server.answerAlways(refused);
    const errors = await inARow(10, () => failureOf(invoices.getToken()));
    expect(new Set(errors).size).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  test("an assertion of another key is tried at once", async () => {
    let key = "old";
    let count = 0;
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: () => ({ assertion: `${key}-${++count}`, credential: key }),
    });
    acceptOnly(server, ({ form }) => form.get("client_assertion")?.startsWith("new-") === true);
    await inARow(3, () => failureOf(invoices.getToken()));
    key = "new";
    await expect(invoices.getToken()).resolves.toBeDefined();
    expect(assertionsSentTo(server)).toEqual(["old-1", "new-5"]);
  });

  test("whoever gives something new each time does not start a storm", async () => {
    let count = 0;
    const clientAssertion: ClientAssertion = () => `jwt-${++count}`;
    const { server, clock, invoices } = createAuthenticationWorld({ clientAssertion });
    server.answerAlways(refused);
    await inARow(50, () => failureOf(invoices.getToken()));
    expect(server.requests).toHaveLength(4);
    await clock.advance(60_000);
    await inARow(50, () => failureOf(invoices.getToken()));
    expect(server.requests).toHaveLength(6);
  });

  test("another failure is no reason to ask for a credential again", async () => {
    const clientSecret = vi.fn<() => string>(() => "s3cret");
    const { server, invoices } = createInMemoryWorld({ clientSecret });
    server.answerAlways(() => Response.json({ error: "invalid_scope" }, { status: 400 }));
    await inARow(3, () => failureOf(invoices.getToken()));
    expect(clientSecret).toHaveBeenCalledTimes(1);
    expect(server.requests).toHaveLength(1);
  });

  test("a provider that fails after the refusal leaves the refusal as the error", async () => {
    const answers = ["old"];
    const { server, invoices } = createInMemoryWorld({
      clientSecret: () => answers.shift() ?? Promise.reject(new Error("sealed")),
    });
    server.answerAlways(refused);
    expect(await failureOf(invoices.getToken())).toMatchObject({ code: "ERR_TOKEN_REFUSED", status: 401 });
  });

  test("and is neither written nor told", async () => {
    const writes: unknown[] = [];
    const cache = sharedTokenCache({
      get: async () => undefined,
      set: async (...call) => void writes.push(call),
    });
    const secrets = ["refused-secret"];
    const clientSecret = (): string => secrets.shift() ?? "other-secret";
    const { server, events, invoices, tokens } = createInMemoryWorld({ clientSecret }, { cache });
    server.answerAlways(refused);
    const error = await failureOf(invoices.getToken());
    await tokens.close();
    expect(server.requests.map(secretOf)).toEqual(["refused-secret", "other-secret"]);
    expect(writes).toEqual([]);
    expect(everythingShownBy([error, events, tokens, invoices])).not.toMatch(/refused-secret|other-secret/);
  });
});
