import type { CacheEntry } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { createFleet, failureNow, startWithToken, type Fleet } from "../../support/fleet.ts";
import { pinRandom } from "../../support/random.ts";
import { letTimePass } from "../../support/time.ts";

pinRandom(0);

/** Plants a marker, as good as a real one but for these fields, where no token is. */
async function plantMarker(fleet: Fleet, fields: Readonly<Record<string, unknown>>): Promise<void> {
  const { store, clock } = fleet;
  await startWithToken(fleet);
  const [[key, { digest } = { digest: "" }] = [""]] = store.entries;
  store.entries.clear();
  const marker: Record<string, unknown> = {
    expiresAt: clock.now() + 5000,
    version: 1,
    digest,
    id: crypto.randomUUID(),
    writer: crypto.randomUUID(),
    period: 5000,
    count: 4,
    status: 503,
    error: null,
    confirmed: true,
    ...fields,
  };
  const entry: CacheEntry = { ...marker, kind: "failure", expiresAt: Number(marker["expiresAt"]) };
  store.entries.set(`${key}:failure`, { ...entry, ...marker });
}

describe("a marker", () => {
  test("is honoured for its period at most, however often it is there", async () => {
    const fleet = createFleet();
    const { start, server, clock, store } = fleet;
    await plantMarker(fleet, { period: 5000, expiresAt: 9e15 });
    const { invoices } = start();
    await failureNow(fleet, invoices.getToken());
    for (let second = 1; second < 5; second++) {
      await clock.advance(1000);
      await failureNow(fleet, invoices.getToken());
    }
    await clock.advance(1000);
    expect(store.marker()).toBeDefined();
    expect((await invoices.getToken()).accessToken).toBe(server.issued[1]);
  });

  test("is honoured by what is left of it", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    await plantMarker(fleet, { period: 5000, expiresAt: clock.now() + 1000 });
    const error = await failureNow(fleet, start().invoices.getToken());
    expect(error).toMatchObject({ retryAt: clock.now() + 1000 });
    await clock.advance(1000);
    await start().invoices.getToken();
    expect(server.requests).toHaveLength(2);
  });

  test("that has ended is none, where the store still has it", async () => {
    const fleet = createFleet();
    const { start, server, clock } = fleet;
    await plantMarker(fleet, { expiresAt: clock.now() - 10 });
    await start().invoices.getToken();
    expect(server.requests).toHaveLength(2);
  });

  const absurd: readonly Readonly<Record<string, unknown>>[] = [
    { period: 1e9 },
    { period: Number.NaN },
    { period: -1 },
    { period: 0 },
    { period: "5000" },
    { period: Number.POSITIVE_INFINITY },
    { expiresAt: Number.NaN },
    { expiresAt: null },
    { expiresAt: "soon" },
    { digest: "another key's" },
    { version: 2 },
    { kind: "token" },
    { kind: "tombstone" },
    { id: undefined },
    { id: "../../etc" },
    { id: { toString: null } },
    { writer: "x".repeat(65) },
    { count: -1 },
    { count: Number.NaN },
    { status: 200 },
    { status: 401 },
    { status: "503" },
    { status: 600 },
    { error: "<script>" },
    { error: 7 },
    { confirmed: "yes" },
    { confirmed: undefined },
  ];
  test.each(absurd)("that is not quite right is a miss: %j", async (fields) => {
    const fleet = createFleet();
    const { start, server } = fleet;
    await plantMarker(fleet, fields);
    expect((await start().invoices.getToken()).accessToken).toBe(server.issued[1]);
  });

  test("without an answer, and of a long period, keeps nobody waiting for more than a second", async () => {
    const fleet = createFleet();
    const { start, clock } = fleet;
    await plantMarker(fleet, { status: null, confirmed: false, period: 30_000, expiresAt: 9e15 });
    const { result, took } = await letTimePass(clock, start().invoices.getToken(), 50);
    expect(result.status).toBe("fulfilled");
    expect(took).toBeLessThanOrEqual(1150);
  });

  test("that changes its name at each look keeps nobody in the background alive or waiting", async () => {
    const fleet = createFleet();
    const { start, clock, store } = fleet;
    await plantMarker(fleet, { status: null, confirmed: false, period: 1000 });
    const [key, marker] = [...store.entries][0] ?? [""];
    store.treat(async (work) => {
      if (marker !== undefined) {
        const expiresAt = clock.now() + 1000;
        store.entries.set(key, { ...marker, id: crypto.randomUUID(), expiresAt });
      }
      return work();
    }, "get-failure");
    const { result } = await letTimePass(clock, start().invoices.getToken(), 50);
    expect(result.status).toBe("fulfilled");
  });
});
