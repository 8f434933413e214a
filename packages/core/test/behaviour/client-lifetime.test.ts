import {
  ConfigurationError,
  createTokenManager,
  memoryTokenCache,
  type ClientOptions,
  type ManagerOptions,
} from "@client-token/core";
import { dpop } from "@client-token/core/dpop";
import { createFakeClock, createFakeTokenServer } from "@client-token/core/testing";
import { generateKeyPair } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { failureOf } from "../support/calls.ts";
import { eventually } from "../support/time.ts";

const minute = 60_000;

/** A manager that asks a table of tenants for their options, and again after a minute. */
function createWorld(manager: Partial<ManagerOptions> = {}) {
  const server = createFakeTokenServer();
  const clock = createFakeClock();
  const rows = new Map<string, ClientOptions | Error>();
  const lookUps: string[] = [];
  const tokens = createTokenManager({
    clock,
    clientLifetime: 60,
    async resolveClient(name) {
      lookUps.push(name);
      const row = rows.get(name);
      if (row instanceof Error) throw row;
      return row;
    },
    httpClient: (input, init) => server.token(new Request(input, init)),
    ...manager,
  });
  onTestFinished(() => tokens.close());
  return { server, clock, rows, lookUps, tokens };
}

const blue: ClientOptions = {
  tokenEndpoint: "https://sts.test/blue",
  clientId: "blue",
  clientSecret: "old",
  scope: "list",
};

test("options are asked for again after their lifetime, and what was known serves meanwhile", async () => {
  const { clock, rows, lookUps, tokens } = createWorld();
  rows.set("blue", blue);
  const first = await tokens.getToken("blue");
  await clock.advance(minute - 1);
  await tokens.getToken("blue");
  expect(lookUps).toEqual(["blue"]);
  await clock.advance(1);
  expect(tokens.client("blue").peekToken()).toBe(first);
  await eventually(() => expect(lookUps).toEqual(["blue", "blue"]));
});

test("a token outlives a new secret; the next token request uses it", async () => {
  const { server, clock, rows, tokens } = createWorld();
  rows.set("blue", blue);
  const first = await tokens.getToken("blue");
  rows.set("blue", { ...blue, clientSecret: "new" });
  await clock.advance(minute);
  await tokens.getToken("blue");
  await clock.advance(1);
  expect(await tokens.getToken("blue")).toBe(first);
  await tokens.getToken("blue", { forceRenewal: true });
  const [before, after] = server.requests.map(({ headers }) => headers.get("authorization"));
  expect([before, after]).toEqual([`Basic ${btoa("blue:old")}`, `Basic ${btoa("blue:new")}`]);
});

test.each<[string, Partial<ClientOptions>]>([
  ["endpoint", { tokenEndpoint: "https://sts.test/green" }],
  ["client id", { clientId: "green" }],
  ["scope", { scope: "write" }],
  ["resource", { resource: "urn:other" }],
  ["parameters", { parameters: { audience: "other" } }],
])("a token is not used any more under another %s", async (_what, change) => {
  const { server, clock, rows, tokens } = createWorld();
  rows.set("blue", blue);
  const first = await tokens.getToken("blue");
  rows.set("blue", { ...blue, ...change });
  await clock.advance(minute);
  await tokens.getToken("blue");
  await clock.advance(1);
  expect((await tokens.getToken("blue")).accessToken).not.toBe(first.accessToken);
  expect(server.requests).toHaveLength(2);
});

test("a token that both options ask for in a call goes on being used", async () => {
  const { server, clock, rows, tokens } = createWorld();
  rows.set("blue", blue);
  const first = await tokens.getToken("blue", { scope: "send" });
  rows.set("blue", { ...blue, scope: "write" });
  await clock.advance(minute);
  await tokens.getToken("blue", { scope: "send" });
  await clock.advance(1);
  expect(await tokens.getToken("blue", { scope: "send" })).toBe(first);
  expect(server.requests).toHaveLength(1);
});

test("while the table is down, what was known serves", async () => {
  const { server, clock, rows, tokens } = createWorld();
  rows.set("blue", blue);
  const first = await tokens.getToken("blue");
  rows.set("blue", new Error("down"));
  for (let minutes = 0; minutes < 10; minutes++) {
    await clock.advance(minute);
    expect(await tokens.getToken("blue")).toBe(first);
  }
  expect(server.requests).toHaveLength(1);
});

test("a tenant that is gone is not served any more", async () => {
  const { clock, rows, tokens } = createWorld();
  rows.set("blue", blue);
  await tokens.getToken("blue");
  rows.delete("blue");
  await clock.advance(minute);
  await tokens.getToken("blue");
  await clock.advance(1);
  expect(await failureOf(tokens.getToken("blue"))).toBeInstanceOf(ConfigurationError);
});

test("a client that a function made is asked for again too, and stays when that fails", async () => {
  const server = createFakeTokenServer();
  const clock = createFakeClock();
  let made = 0;
  const tokens = createTokenManager({
    clock,
    clientLifetime: 60,
    clients: {
      invoices() {
        made++;
        return made === 2 ? ({} as ClientOptions) : blue;
      },
    },
    httpClient: (input, init) => server.token(new Request(input, init)),
  });
  onTestFinished(() => tokens.close());
  const first = await tokens.getToken("invoices");
  for (let minutes = 1; minutes <= 3; minutes++) {
    await clock.advance(minute);
    expect(await tokens.getToken("invoices")).toBe(first);
    await clock.advance(1);
  }
  expect(made).toBeGreaterThan(2);
});

test.each([0, -1, 0.5, 86_401, Number.NaN])("a lifetime of %s seconds is refused", (clientLifetime) => {
  expect(() => createTokenManager({ clients: {}, clientLifetime })).toThrow(/"clientLifetime".*seconds/);
});

describe("callers who wait for a token while the options are asked for again", () => {
  test("go on waiting for the same one", async () => {
    const { server, clock, rows, tokens } = createWorld();
    rows.set("blue", blue);
    await tokens.getToken("blue");
    await clock.advance(minute - 1000);
    let letGo: (answer: Response) => void = () => {};
    server.answerNext(() => new Promise((resolve) => (letGo = resolve)));
    const waiting = tokens.getToken("blue", { scope: "send" });
    await clock.advance(1000);
    const later = tokens.getToken("blue", { scope: "send" });
    await clock.advance(1);
    letGo(Response.json({ access_token: "slow", expires_in: 3600 }));
    expect([(await waiting).accessToken, (await later).accessToken]).toEqual(["slow", "slow"]);
    expect(server.requests).toHaveLength(2);
  });

  test("get one, also if that takes longer than the options live", async () => {
    const server = createFakeTokenServer();
    const clock = createFakeClock();
    const { rows, tokens } = createWorld({
      clock,
      clientLifetime: 2,
      async httpClient(input, init) {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 3000));
        return server.token(new Request(input, init));
      },
    });
    rows.set("blue", blue);
    const calls = [];
    for (let second = 0; second < 10; second++) {
      calls.push(tokens.getToken("blue"));
      await clock.advance(1000);
    }
    expect(new Set((await Promise.all(calls)).map(({ accessToken }) => accessToken)).size).toBe(1);
  });
});

test("a name that is registered while the options of its tenant are asked for again keeps what was registered", async () => {
  let answer = async (): Promise<ClientOptions> => blue;
  const { clock, tokens } = createWorld({ maxKeys: 3, resolveClient: () => answer() });
  await tokens.getToken("blue");
  await clock.advance(minute);
  let letGo: (options: ClientOptions) => void = () => {};
  answer = () => new Promise((resolve) => (letGo = resolve));
  tokens.client("blue").peekToken();
  await clock.advance(0);
  answer = async () => blue;
  for (const name of ["a", "b", "c", "d"]) await tokens.getToken(name);
  tokens.register("blue", { ...blue, clientId: "registered" });
  letGo({ ...blue, clientId: "from the table" });
  await clock.advance(0);
  expect((await tokens.getToken("blue")).clientId).toBe("registered");
});

describe("with a shared cache, under new options", () => {
  test("tokens are shared where those say", async () => {
    const keys: string[] = [];
    const note = (key: string) => (): string => {
      keys.push(key);
      return key;
    };
    const { clock, rows, tokens } = createWorld({ cache: memoryTokenCache() });
    rows.set("blue", { ...blue, cacheKey: note("old") });
    await tokens.getToken("blue");
    rows.set("blue", { ...blue, cacheKey: note("new") });
    await clock.advance(minute);
    await tokens.getToken("blue");
    await clock.advance(1);
    await tokens.getToken("blue", { forceRenewal: true });
    expect(keys).toEqual(["old", "new"]);
  });

  test("a deletion elsewhere is heard of, also where tokens are bound to a key", async () => {
    const server = createFakeTokenServer();
    const cache = memoryTokenCache();
    const options: ClientOptions = { ...blue, dpop: dpop({ key: await generateKeyPair("ES256") }) };
    const send = { scope: "send" };
    const { clock, rows, tokens } = createWorld({
      cache,
      async httpClient(input, init) {
        const answer: unknown = await (await server.token(new Request(input, init))).json();
        return Response.json(Object.assign(Object(answer), { token_type: "DPoP" }));
      },
    });
    rows.set("blue", options);
    const { accessToken } = await tokens.getToken("blue", send);
    rows.set("blue", { ...options, scope: "write" });
    await clock.advance(minute);
    await tokens.getToken("blue", send);
    await clock.advance(1);
    expect((await tokens.getToken("blue", send)).accessToken).toBe(accessToken);
    const other = createTokenManager({ clients: { blue: options }, clock, cache });
    await other.deleteToken("blue", send);
    await clock.advance(minute);
    const handle = tokens.client("blue");
    await eventually(() => expect(handle.peekToken(send)).toBeUndefined());
  });
});
