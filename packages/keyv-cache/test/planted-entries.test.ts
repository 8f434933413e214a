import { createTokenManager, type TokenEvent } from "@client-token/core";
import { createFakeTokenServer, type FakeTokenServer } from "@client-token/core/testing";
import { aesGcm, keyvTokenCache, type EntryEncryption, type KeyvLike } from "@client-token/keyv-cache";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeWithRedis } from "../../../test/support/redis.ts";
import { anyJson } from "./support/entries.ts";
import { newKey } from "./support/keys.ts";
import { createStore, majors } from "./support/keyvs.ts";
import { connect, freshNamespace, openKeyv, recommended } from "./support/redis-keyvs.ts";

const count = 1_000;
const scopes = Array.from({ length: count }, (_, index) => `scope-${index}`);
/** What a busy machine needs for a thousand entries is no fault here. */
const patient = { deadline: 10_000 };

/** Tokens for all scopes, as one process has them. */
async function getAll(server: FakeTokenServer, keyv: KeyvLike, encryption?: EntryEncryption) {
  const events: TokenEvent[] = [];
  const tokens = createTokenManager({
    clients: { invoices: { tokenEndpoint: "https://sts.test/token", clientId: "invoices-app" } },
    httpClient: (input, init) => server.token(new Request(input, init)),
    maxKeys: 2 * count,
    cache: keyvTokenCache(keyv, { ...patient, encryption }),
    onEvent: (event) => events.push(event),
  });
  const all = await Promise.all(scopes.map((scope) => tokens.getToken("invoices", { scope })));
  await tokens.close();
  return {
    tokens: all.map(({ accessToken }) => accessToken),
    faults: events.filter(({ type }) => type === "cache-failed"),
  };
}

/** What a fleet would store under each key, had a forger issued its tokens. */
async function forge(encryption?: EntryEncryption): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  const keyv: KeyvLike = {
    get: async (key) => values.get(key),
    set: async (key, value) => values.set(key, value),
    on: () => {},
  };
  await getAll(createFakeTokenServer(), keyv, encryption);
  return values;
}

const ours = aesGcm([newKey("ours")]);
const forged = {
  unencrypted: await forge(),
  encrypted: await forge(ours),
  sameId: await forge(aesGcm([newKey("ours")])),
  otherId: await forge(aesGcm([newKey("theirs")])),
};

const inEnvelope = (value: unknown): string => JSON.stringify({ value });

/** What is put into the store for a key. */
type Trick = (key: string, place: number, json: unknown) => string;

/** Of no use to anybody, though the values are what the fleet itself would write. */
function tricksWith(values: ReadonlyMap<string, string>): Trick[] {
  const keys = [...values.keys()];
  const valueOf = (key: string): string => values.get(key) ?? "";
  const cut = (text: string, place: number): string => text.slice(0, place % text.length);
  return [
    (_key, _place, json) => JSON.stringify(json),
    (_key, _place, json) => inEnvelope(json),
    (_key, _place, json) => inEnvelope(`client-token/1 ${JSON.stringify(json)}`),
    (key, place) => cut(inEnvelope(valueOf(key)), place),
    (key, place) => inEnvelope(cut(valueOf(key), place)),
    (key) => inEnvelope(valueOf(keys[(keys.indexOf(key) + 1) % count] ?? "")),
  ];
}

/** What only encryption can tell from an entry of the fleet. */
function forgeries(values: ReadonlyMap<string, string>): Trick[] {
  return [
    (key) => inEnvelope(forged.unencrypted.get(key)),
    (key) => inEnvelope(forged.sameId.get(key)),
    (key) => inEnvelope(forged.otherId.get(key)),
    (key) => inEnvelope(forged.otherId.get(key)?.replace("theirs", "ours")),
    (key, place) => {
      const value = values.get(key) ?? "";
      const at = place % value.length;
      return inEnvelope(value.slice(0, at) + (value[at] === "A" ? "B" : "A") + value.slice(at + 1));
    },
  ];
}

const modes = [
  {
    what: "random, truncated and swapped entries",
    encryption: undefined,
    tricks: tricksWith(forged.unencrypted),
  },
  {
    what: "random, truncated, swapped and forged entries, where they are encrypted",
    encryption: ours,
    tricks: [...tricksWith(forged.encrypted), ...forgeries(forged.encrypted)],
  },
];
type Mode = (typeof modes)[number];

/** Plants a thousand, and lets two processes find them. */
async function expectNoHarm(
  { encryption, tricks }: Mode,
  keyv: KeyvLike,
  plant: (key: string, text: string) => unknown,
): Promise<void> {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const chances = fc.sample(fc.tuple(fc.nat(), anyJson), { seed, numRuns: count });
  for (const [index, key] of [...forged.encrypted.keys()].entries()) {
    const [place, json] = chances[index]!;
    await plant(key, tricks[index % tricks.length]!(key, place, json));
  }

  const server = createFakeTokenServer();
  const first = await getAll(server, keyv, encryption);
  const second = await getAll(server, keyv, encryption);
  expect(first.tokens, `seed ${seed}`).toEqual(scopes.map((scope) => tokenOf(server, scope)));
  expect(second.tokens, `seed ${seed}`).toEqual(first.tokens);
  expect(server.requests).toHaveLength(count);
  expect([...first.faults, ...second.faults]).toEqual([]);
}

function tokenOf({ requests, issued }: FakeTokenServer, scope: string): string | undefined {
  return issued[requests.findIndex(({ form }) => form.get("scope") === scope)];
}

describe.each(modes)("a thousand $what are misses, and are overwritten", { timeout: 30_000 }, (mode) => {
  test.each(majors)("over $name in memory", async ({ over }) => {
    const store = createStore();
    await expectNoHarm(mode, over(store), (key, text) => store.values.set(key, text));
  });

  describeWithRedis("over Redis", (url) => {
    test.each(majors)("with $name", async (major) => {
      const namespace = freshNamespace();
      const client = await connect(url);
      const store = recommended(url);
      await store.getClient();
      const plant = (key: string, text: string) => client.set(`${namespace}::${key}`, text);
      await expectNoHarm(mode, openKeyv(store, major, namespace), plant);
      await client.unlink(await client.keys(`${namespace}::*`));
    });
  });
});
