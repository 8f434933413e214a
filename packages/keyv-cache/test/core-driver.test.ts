import { createTokenManager, memoryTokenCache, sharedTokenCache, type CacheEntry } from "@client-token/core";
import { createFakeClock, createFakeTokenServer } from "@client-token/core/testing";
import { expect, test } from "vitest";
import { letTimePass } from "../../core/test/support/time.ts";
import { createFleet } from "./support/fleet.ts";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A store over a pool of connections: a write may be overtaken by what was sent later. */
function createCache(slow: CacheEntry["kind"]) {
  const entries = new Map<string, CacheEntry>();
  return sharedTokenCache({
    get: async (key) => entries.get(key),
    async set(key, entry) {
      if (entry.kind === slow) await pause(20);
      entries.set(key, entry);
    },
  });
}

test("a token that is still on its way into the cache does not come back after its deletion", async () => {
  const { server, join } = await createFleet();
  const cache = createCache("token");
  const first = join(cache);
  await first.tokens.getToken("invoices");
  await first.tokens.deleteToken("invoices");
  await pause(40);

  const token = await join(cache).tokens.getToken("invoices");
  expect(token.accessToken).not.toBe(server.issued[0]);
});

test("a deleted token is not read back while its deletion is on its way into the cache", async () => {
  const { server, join } = await createFleet();
  const { tokens } = join(createCache("tombstone"));
  await tokens.getToken("invoices");
  const deletion = tokens.deleteToken("invoices");
  await pause(1);
  const token = await tokens.getToken("invoices");
  await deletion;
  expect(token.accessToken).not.toBe(server.issued[0]);
});

test("a process that starts in an outage is served until the shared token ends", async () => {
  const clock = createFakeClock();
  const server = createFakeTokenServer();
  const cache = memoryTokenCache({ clock });
  const start = () =>
    createTokenManager({
      clients: { invoices: { tokenEndpoint: "https://sts.test/token", clientId: "invoices-app" } },
      httpClient: (input, init) => server.token(new Request(input, init)),
      timeout: 200,
      cache,
      clock,
    });
  const token = await start().getToken("invoices");
  await clock.advance(3_550_000);
  server.answerAlways(() => new Response("later", { status: 503 }));
  // Step by step: keys are made in real time.
  const { result } = await letTimePass(clock, start().getToken("invoices"), 25);
  expect(result).toMatchObject({ status: "fulfilled", value: { accessToken: token.accessToken } });
});
