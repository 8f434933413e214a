import { sharedTokenCache, type CacheEntry, type SharedTokenCache } from "@client-token/core";
import { describe, expect, test, vi } from "vitest";
import { failureOf } from "../support/calls.ts";
import { createInMemoryWorld, tokenEndpoint, type InMemoryWorld } from "../support/in-memory.ts";
import { pinRandom } from "../support/random.ts";
import { eventually, letTimePass, pause, watch } from "../support/time.ts";

// Chance is no part of these promises: renewal falls due at its earliest, pauses are at their shortest.
pinRandom(0);

const hour = 3_600_000;
const usable = hour - 60_000;
const refused = (): Response => Response.json({ error: "invalid_client" }, { status: 400 });
const unavailable = (): Response => new Response(null, { status: 503 });

/** Waits until the token endpoint has been asked `count` times. */
async function asked({ server }: InMemoryWorld, count: number): Promise<void> {
  await eventually(() => expect(server.requests).toHaveLength(count));
}

/** A shared store that counts its calls, and holds its next answer when told so. */
function openStore(): {
  cache: SharedTokenCache;
  entries: Map<string, CacheEntry>;
  calls: string[];
  holdNextGet: () => () => void;
} {
  const entries = new Map<string, CacheEntry>();
  const calls: string[] = [];
  let gate: Promise<void> | undefined;
  const cache = sharedTokenCache({
    async get(key) {
      // What others failed at is another story.
      if (key.endsWith(":failure")) return undefined;
      calls.push("get");
      const found = entries.get(key);
      const held = gate;
      gate = undefined;
      await held;
      return found;
    },
    async set(key, entry) {
      calls.push("set");
      entries.set(key, entry);
    },
  });
  const holdNextGet = (): (() => void) => {
    let letGo = (): void => {};
    gate = new Promise((resolve) => {
      letGo = resolve;
    });
    return () => letGo();
  };
  return { cache, entries, calls, holdNextGet };
}

describe("renewal in the background", () => {
  test("begins in the very millisecond in which it is due", async () => {
    const world = createInMemoryWorld();
    world.server.answerNext(() =>
      Response.json({ access_token: "first", expires_in: 3600, refresh_in: 1800 }),
    );
    await world.invoices.getToken();
    await world.clock.advance(1_799_999);
    world.invoices.peekToken();
    await pause(2);
    expect(world.server.requests).toHaveLength(1);
    await world.clock.advance(1);
    expect(world.invoices.peekToken()?.accessToken).toBe("first");
    await asked(world, 2);
  });

  test("goes on though all who joined it have left", async () => {
    const world = createInMemoryWorld();
    await world.invoices.getToken();
    await world.clock.advance(usable - 1000);
    const letGo = world.holdNextToken();
    world.invoices.peekToken();
    await asked(world, 2);
    await world.clock.advance(1000);
    const controller = new AbortController();
    const leaving = failureOf(world.invoices.getToken({ signal: controller.signal }));
    await pause(2);
    controller.abort();
    expect(await leaving).toMatchObject({ name: "AbortError" });
    letGo();
    await eventually(() => expect(world.invoices.peekToken()?.accessToken).toBe("let-go"));
    expect(world.server.requests).toHaveLength(2);
  });

  test.each([
    ["ahead of expiry", usable - 1000],
    ["past the usable time", usable + 1000],
  ])("is told as a renewal: %s", async (_, age) => {
    const world = createInMemoryWorld();
    await world.invoices.getToken();
    await world.clock.advance(age);
    await world.invoices.getToken();
    await eventually(() =>
      expect(world.events.at(-1)).toMatchObject({ type: "token-obtained", reason: "renewal" }),
    );
  });

  test("rests but a moment after a failure, if a token ended the series before it", async () => {
    const world = createInMemoryWorld();
    for (const rest of [2000, 4000, 8000]) {
      world.server.answerNext(refused);
      await failureOf(world.invoices.getToken());
      await world.clock.advance(rest);
    }
    await world.invoices.getToken();
    world.server.answerNext(refused);
    const error = await failureOf(world.invoices.getToken({ forceRenewal: true }));
    expect(error).toMatchObject({ retryAt: world.clock.now() + 500 });
  });
});

describe("callers past the usable time", () => {
  test("wait up to 2 s for the new token, and all who come meanwhile wait until then", async () => {
    const world = createInMemoryWorld();
    const first = await world.invoices.getToken();
    await world.clock.advance(usable);
    world.holdNextToken();
    const early = watch(world.invoices.getToken());
    await world.clock.advance(1500);
    const late = watch(world.invoices.getToken());
    await world.clock.advance(499);
    expect([early.settled(), late.settled()]).toEqual([false, false]);
    await world.clock.advance(1);
    expect(await Promise.all([early.work, late.work])).toEqual([first, first]);
  });

  test("get no token that ends while they wait, as after a sleep of the machine", async () => {
    const world = createInMemoryWorld();
    await world.invoices.getToken();
    await world.clock.advance(usable);
    world.holdNextToken();
    const call = world.invoices.getToken();
    await pause(2);
    world.clock.jump(hour);
    const { result } = await letTimePass(world.clock, call, 500);
    expect(result).toMatchObject({ status: "rejected", reason: { client: "invoices" } });
  });

  test("share one renewal, which goes on when each has left", async () => {
    const world = createInMemoryWorld();
    await world.invoices.getToken();
    await world.clock.advance(usable);
    const letGo = world.holdNextToken();
    const controller = new AbortController();
    const leaving = failureOf(world.invoices.getToken({ signal: controller.signal }));
    await asked(world, 2);
    controller.abort();
    await leaving;
    letGo();
    await eventually(() => expect(world.invoices.peekToken()?.accessToken).toBe("let-go"));
    expect(world.server.requests).toHaveLength(2);
  });
});

describe("a rejected token", () => {
  test("is not handed out again while its replacement is on the way, however long that takes", async () => {
    const world = createInMemoryWorld();
    const old = await world.invoices.getToken();
    const letGo = world.holdNextToken();
    const calls = [watch(world.invoices.rejectToken(old)), watch(world.invoices.getToken())];
    await world.clock.advance(9000);
    expect(calls.map(({ settled }) => settled())).toEqual([false, false]);
    letGo();
    for (const { work } of calls) expect((await work).accessToken).toBe("let-go");
    expect(world.server.requests).toHaveLength(2);
  });

  test("serves again if nobody waited for the replacement, and it could not be had", async () => {
    const world = createInMemoryWorld();
    const old = await world.invoices.getToken();
    const letGo = world.holdNextToken();
    const controller = new AbortController();
    const leaving = failureOf(world.invoices.rejectToken(old, { signal: controller.signal }));
    await asked(world, 2);
    controller.abort();
    await leaving;
    expect(world.invoices.peekToken()).toBeUndefined();
    letGo(refused());
    await eventually(() => expect(world.invoices.peekToken()).toBe(old));
  });

  test("that could not be replaced is told as such, and comes back", async () => {
    const world = createInMemoryWorld();
    const old = await world.invoices.getToken();
    world.server.answerNext(refused);
    expect(await world.invoices.rejectToken(old, { context: "mine" })).toBe(old);
    expect(world.events.at(-1)).toEqual({
      type: "token-rejected",
      client: "invoices",
      replaced: false,
      context: "mine",
    });
  });

  test.each([3000, 4000])(
    "that has ended is never what is used instead: rejected after %d ms",
    async (age) => {
      const world = createInMemoryWorld();
      const first = await world.invoices.getToken();
      world.server.answerNext(() => Response.json({ access_token: "short", expires_in: 3 }));
      // A replacement: for 5 s it would have to stay.
      const short = await world.invoices.rejectToken(first);
      expect(short.accessToken).toBe("short");
      await world.clock.advance(age);
      expect((await world.invoices.rejectToken(short)).accessToken).toBe(world.server.issued[1]);
    },
  );

  test("that has been deleted meanwhile is answered with a new one", async () => {
    const world = createInMemoryWorld();
    const old = await world.invoices.getToken();
    await world.invoices.deleteToken();
    expect((await world.invoices.rejectToken(old)).accessToken).toBe(world.server.issued[1]);
  });
});

describe("with a function as clientSecret", () => {
  test("an outage is waited out all the same: neither the function nor the server is asked", async () => {
    const clientSecret = vi.fn<() => string>(() => "s3cret");
    const world = createInMemoryWorld({ clientSecret });
    world.server.answerAlways(unavailable);
    const { result } = await letTimePass(world.clock, world.invoices.getToken());
    const counts = [clientSecret.mock.calls.length, world.server.requests.length];
    for (let call = 0; call < 3; call++) {
      expect({ status: "rejected", reason: await failureOf(world.invoices.getToken()) }).toEqual(result);
    }
    expect([clientSecret.mock.calls.length, world.server.requests.length]).toEqual(counts);
  });

  test("a refusal holds for the secret that was refused: another one is tried at once", async () => {
    let secret = "old";
    const clientSecret = vi.fn<() => string>(() => secret);
    const world = createInMemoryWorld({ clientSecret });
    world.server.answerNext(refused);
    const error = await failureOf(world.invoices.getToken());
    expect(await failureOf(world.invoices.getToken())).toBe(error);
    // Once more after the refusal, and once for the second call.
    expect(clientSecret).toHaveBeenCalledTimes(3);
    expect(world.server.requests).toHaveLength(1);
    expect(world.events.map(({ type }) => type)).toEqual(["token-failed"]);
    secret = "new";
    expect((await world.invoices.getToken()).accessToken).toBe(world.server.issued[0]);
    expect(world.server.requests).toHaveLength(2);
  });

  test("asking it does not lengthen the pause", async () => {
    const world = createInMemoryWorld({ clientSecret: () => "s3cret" });
    world.server.answerNext(refused);
    await failureOf(world.invoices.getToken());
    await world.clock.advance(1999);
    await failureOf(world.invoices.getToken());
    await world.clock.advance(1);
    await expect(world.invoices.getToken()).resolves.toBeDefined();
  });
});

test("while a refused secret rests, nobody is asked: not the shared cache either", async () => {
  const { cache, calls } = openStore();
  const world = createInMemoryWorld({}, { cache });
  world.server.answerNext(refused);
  const error = await failureOf(world.invoices.getToken());
  expect(await failureOf(world.invoices.getToken())).toBe(error);
  expect(calls).toEqual(["get"]);
  expect(world.server.requests).toHaveLength(1);
});

test("a time-out names the endpoint, the limit and what to do", async () => {
  const world = createInMemoryWorld({ timeout: 3000 });
  world.holdNextToken();
  const { result } = await letTimePass(world.clock, failureOf(world.invoices.getToken()), 500);
  const message = result.status === "fulfilled" ? result.value.message : "";
  expect(message).toContain(tokenEndpoint);
  expect(message).toMatch(/"invoices".*within 3000 ms.*raise timeout/);
});

describe("a forced call", () => {
  test("does not take what is in the shared cache", async () => {
    const { cache, calls } = openStore();
    const world = createInMemoryWorld({}, { cache });
    await world.another({ cache }).getToken("invoices");
    await eventually(() => expect(calls).toEqual(["get", "get", "set"]));
    const forced = await world.invoices.getToken({ forceRenewal: true });
    expect(forced.accessToken).toBe(world.server.issued[1]);
    await eventually(() => expect(calls).toEqual(["get", "get", "set", "get", "get", "set"]));
  });

  test("that joins a call which still reads the shared cache gets a token of the endpoint, as both do", async () => {
    const { cache, calls, holdNextGet } = openStore();
    const world = createInMemoryWorld({}, { cache });
    await world.another({ cache }).getToken("invoices");
    await eventually(() => expect(calls).toEqual(["get", "get", "set"]));
    const letGo = holdNextGet();
    const ordinary = world.invoices.getToken();
    await eventually(() => expect(calls).toEqual(["get", "get", "set", "get"]));
    const both = [ordinary, world.invoices.getToken({ forceRenewal: true })];
    letGo();
    for (const token of await Promise.all(both)) expect(token.accessToken).toBe(world.server.issued[1]);
    expect(world.server.requests).toHaveLength(2);
  });

  test("joined by an ordinary one is still a forced call", async () => {
    const { cache, calls } = openStore();
    const world = createInMemoryWorld({}, { cache });
    await world.another({ cache }).getToken("invoices");
    await eventually(() => expect(calls).toEqual(["get", "get", "set"]));
    const both = [world.invoices.getToken({ forceRenewal: true }), world.invoices.getToken()];
    for (const token of await Promise.all(both)) expect(token.accessToken).toBe(world.server.issued[1]);
  });
});

describe("a token found in the shared cache", () => {
  test("is not written back to it", async () => {
    const { cache, calls } = openStore();
    const world = createInMemoryWorld({}, { cache });
    const first = await world.another({ cache }).getToken("invoices");
    await eventually(() => expect(calls).toEqual(["get", "get", "set"]));
    expect((await world.invoices.getToken()).accessToken).toBe(first.accessToken);
    await world.tokens.close();
    expect(calls).toEqual(["get", "get", "set", "get"]);
  });

  test("past its usable time starts a token request, whose token is what is used", async () => {
    const { cache, calls } = openStore();
    const world = createInMemoryWorld({}, { cache });
    await world.another({ cache }).getToken("invoices");
    await eventually(() => expect(calls).toEqual(["get", "get", "set"]));
    await world.clock.advance(usable);
    expect((await world.invoices.getToken()).accessToken).toBe(world.server.issued[1]);
    expect(world.server.requests).toHaveLength(2);
  });

  test("past its usable time serves, if the token request fails", async () => {
    const { cache, calls } = openStore();
    const world = createInMemoryWorld({}, { cache });
    const first = await world.another({ cache }).getToken("invoices");
    await eventually(() => expect(calls).toEqual(["get", "get", "set"]));
    await world.clock.advance(usable);
    world.server.answerAlways(refused);
    expect((await world.invoices.getToken()).accessToken).toBe(first.accessToken);
    expect(world.server.requests).toHaveLength(2);
    expect(world.events.at(-1)).toMatchObject({ type: "token-served-late" });
  });

  test("past its usable time is no way back for a token that was deleted meanwhile", async () => {
    const { cache, calls, holdNextGet } = openStore();
    const world = createInMemoryWorld({}, { cache });
    await world.another({ cache }).getToken("invoices");
    await eventually(() => expect(calls).toEqual(["get", "get", "set"]));
    await world.clock.advance(usable);
    world.server.answerAlways(refused);
    const letGo = holdNextGet();
    const call = failureOf(world.invoices.getToken());
    await eventually(() => expect(calls).toHaveLength(4));
    const deleting = world.invoices.deleteToken();
    letGo();
    await deleting;
    expect(await call).toMatchObject({ code: "ERR_TOKEN_REFUSED" });
  });
});

test("callers who leave while the shared cache is read leave no token request behind", async () => {
  const { cache, calls, holdNextGet } = openStore();
  const world = createInMemoryWorld({}, { cache });
  const letGo = holdNextGet();
  const controller = new AbortController();
  const call = failureOf(world.invoices.getToken({ signal: controller.signal }));
  await eventually(() => expect(calls).toEqual(["get"]));
  controller.abort();
  await call;
  letGo();
  await pause(5);
  expect(world.server.requests).toHaveLength(0);
});
