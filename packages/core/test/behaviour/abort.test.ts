import { describe, expect, test } from "vitest";
import { atOnce, failureOf, tally } from "../support/calls.ts";
import { eventually, pause } from "../support/time.ts";
import { createWorld, type World } from "../support/world.ts";

/** Holds the next token request until it is let go. */
function holdNextToken({ server }: World): () => void {
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  server.answerNext(async () => {
    await held;
    return Response.json({ access_token: "held", expires_in: 3600 });
  });
  return letGo;
}

describe("an abort while waiting for a token ends only that caller", () => {
  test("the first of ten: one aborted, nine served, one token request", async () => {
    const world = await createWorld();
    const letGo = holdNextToken(world);
    world.answerApiAlways(() => new Response("ok"));
    const controller = new AbortController();
    const calls = atOnce(10, (call) =>
      world.invoicesFetch(world.api, call === 0 ? { signal: controller.signal } : {}).then(
        ({ status }) => status,
        (error: unknown) => error,
      ),
    );
    await eventually(() => expect(world.server.requests).toHaveLength(1));
    controller.abort();
    await pause(5);
    letGo();
    const [first, ...others] = await calls;

    expect(first).toMatchObject({ name: "AbortError" });
    expect(tally(others)).toEqual({ 200: 9 });
    expect(world.server.requests).toHaveLength(1);
    expect(world.seen).toHaveLength(9);
  });

  test("with the caller's own reason, at once", async () => {
    const world = await createWorld();
    const letGo = holdNextToken(world);
    const controller = new AbortController();
    const call = failureOf(world.invoices.getToken({ signal: controller.signal }));
    await eventually(() => expect(world.server.requests).toHaveLength(1));
    const reason = new Error("changed my mind");
    controller.abort(reason);
    expect(await call).toBe(reason);
    letGo();
  });

  test("the signal of a Request counts as well", async () => {
    const world = await createWorld();
    const letGo = holdNextToken(world);
    const controller = new AbortController();
    const call = failureOf(world.invoicesFetch(new Request(world.api, { signal: controller.signal })));
    await eventually(() => expect(world.server.requests).toHaveLength(1));
    controller.abort();
    expect(await call).toMatchObject({ name: "AbortError" });
    letGo();
    expect(world.seen).toHaveLength(0);
  });
});

test("a caller that has aborted before asks for nothing", async () => {
  const { invoices, invoicesFetch, api, server, seen } = await createWorld();
  const signal = AbortSignal.abort();
  expect(await failureOf(invoices.getToken({ signal }))).toMatchObject({ name: "AbortError" });
  expect(await failureOf(invoicesFetch(api, { signal }))).toMatchObject({ name: "AbortError" });
  await pause();
  expect(server.requests).toHaveLength(0);
  expect(seen).toHaveLength(0);
});

test("when the last caller has left, the token request is called off, and the next caller starts anew", async () => {
  const world = await createWorld();
  const signals: AbortSignal[] = [];
  const letGo = holdNextToken(world);
  const counted = world.tokens.register("counted", {
    ...world.options,
    httpClient: (input, init) => {
      if (init?.signal) signals.push(init.signal);
      return fetch(input, init);
    },
  });
  const controller = new AbortController();
  const calls = atOnce(3, () => failureOf(counted.getToken({ signal: controller.signal })));
  await eventually(() => expect(world.server.requests).toHaveLength(1));
  controller.abort();
  expect(tally((await calls).map(({ name }) => name))).toEqual({ AbortError: 3 });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);

  const token = await counted.getToken();
  letGo();
  await pause(5);
  expect(token.accessToken).toBe(world.server.issued[0]);
  expect(await counted.getToken()).toBe(token);
});

test("an abort after the token is there ends the request as fetch does it", async () => {
  const world = await createWorld();
  await world.invoices.getToken();
  world.answerApiAlways(() => new Promise<Response>(() => {}));
  const controller = new AbortController();
  const call = failureOf(world.invoicesFetch(world.api, { signal: controller.signal }));
  await eventually(() => expect(world.seen).toHaveLength(1));
  controller.abort();
  expect(await call).toMatchObject({ name: "AbortError" });
});

test("an abort while a refused token is replaced ends the call", async () => {
  const world = await createWorld();
  await world.invoicesFetch(world.api);
  world.server.revoke();
  const letGo = holdNextToken(world);
  const controller = new AbortController();
  const call = failureOf(world.invoicesFetch(world.api, { signal: controller.signal }));
  await eventually(() => expect(world.server.requests).toHaveLength(2));
  controller.abort();
  expect(await call).toMatchObject({ name: "AbortError" });
  expect(world.seen).toHaveLength(2);
  letGo();
});

test("callers that come and go leave no listener on their signal", async () => {
  const world = await createWorld();
  const { signal } = new AbortController();
  const added: string[] = [];
  const removed: string[] = [];
  const watched = new Proxy(signal, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (key === "addEventListener") added.push(String(args[0]));
        if (key === "removeEventListener") removed.push(String(args[0]));
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  for (let call = 0; call < 5; call++) {
    await world.invoices.getToken({ signal: watched, scope: `scope-${call}` });
  }
  expect(added.length).toBeGreaterThan(0);
  expect(removed).toEqual(added);
});
