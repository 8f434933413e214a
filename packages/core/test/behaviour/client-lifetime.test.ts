import { ConfigurationError, createTokenManager, type ClientOptions } from "@client-token/core";
import { createFakeClock, createFakeTokenServer } from "@client-token/core/testing";
import { expect, onTestFinished, test } from "vitest";
import { failureOf } from "../support/calls.ts";
import { eventually } from "../support/time.ts";

const minute = 60_000;

/** A manager that asks a table of tenants for their options, and again after a minute. */
function createWorld() {
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
