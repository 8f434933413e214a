// A service that lives by a recipe, and what its callers see.

import { setTimeout } from "node:timers/promises";
import { createTokenManager, type TokenManager } from "@client-token/core";
import { createFakeTokenServer } from "@client-token/core/testing";
import { expect, vi } from "vitest";
import { client, type Recipe } from "./recipe.ts";
import { timed } from "./stopwatch.ts";

/** What one call may wait at most while a store hangs: the deadline of 250 ms, and some for the machine. */
const longestWait = 750;
/** What calls take at most that do not wait for the store. */
const noWait = 150;

export interface Service {
  /** Milliseconds that a call takes for a token which this process does not have. */
  readonly call: () => Promise<number>;
  /** Gets a token of this scope. */
  readonly get: (scope: string) => Promise<void>;
  /** Whether another manager over the same cache finds it, so that it does not have to ask. */
  readonly finds: (scope: string) => Promise<boolean>;
  readonly deleteToken: () => Promise<void>;
  /** What went wrong with the store since it was last asked. */
  readonly failures: () => readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

export function startService({ cache, close }: Recipe): Service {
  const server = createFakeTokenServer();
  let failed: string[] = [];
  const start = (): TokenManager<"invoices"> =>
    createTokenManager({
      cache,
      clients: { invoices: client },
      httpClient: (input, init) => server.token(new Request(input, init)),
      onEvent(event) {
        if (event.type === "cache-failed") failed.push(`${event.operation}: ${String(event.error)}`);
      },
    });
  const [one, another] = [start(), start()];
  return {
    async call() {
      const { took } = await timed(() => one.getToken("invoices", { scope: crypto.randomUUID() }));
      return took;
    },
    get: async (scope) => void (await one.getToken("invoices", { scope })),
    async finds(scope) {
      const before = server.requests.length;
      await another.getToken("invoices", { scope });
      return server.requests.length === before;
    },
    deleteToken: () => one.deleteToken("invoices"),
    failures() {
      const told = [...new Set(failed)];
      failed = [];
      return told;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([one.close(), another.close()]);
      await close();
    },
  };
}

/** It shares tokens, at once or, after an outage, within 5 seconds. */
export async function expectSharing({ get, finds }: Service): Promise<void> {
  const isShared = async (): Promise<boolean> => {
    const scope = crypto.randomUUID();
    await get(scope);
    return finds(scope);
  };
  const { took } = await timed(async () => {
    while (!(await isShared())) await setTimeout(50);
  });
  expect(took).toBeLessThan(5_000);
}

/** While the store works not at all: one call may wait for the deadline, those after it do not wait. */
export async function expectNoDelay(service: Service): Promise<void> {
  const calls: number[] = [];
  for (let i = 0; i < 12; i++) calls.push(await service.call());
  const [first = 0, second = 0, third = 0, ...others] = calls;
  expect(first).toBeLessThan(longestWait);
  expect(Math.min(second, third)).toBeLessThan(noWait);
  expect(others.toSorted((a, b) => a - b)[4]).toBeLessThan(noWait);
  await expectFailures(service, /./);
}

async function expectFailures(service: Service, reason: RegExp): Promise<void> {
  expect(service.failures().join()).toMatch(reason);
  await expect(service.deleteToken()).rejects.toThrow("the shared cache did not take the deletion");
}

/** Tokens from before are found, and new ones are had. `stop` is what makes the store take no writes. */
export async function expectReadsOnly(service: Service, stop: () => unknown, reason: RegExp): Promise<void> {
  const scopes = Array.from({ length: 9 }, (_, i) => `scope-${i}`);
  for (const scope of scopes) await service.get(scope);
  await expectSharing(service);
  await stop();
  // Connections may have been lost with it.
  const isFound = async (): Promise<void> => expect(await service.finds(scopes.pop() ?? "none")).toBe(true);
  await vi.waitFor(isFound, { timeout: 5_000, interval: 300 });
  for (let i = 0; i < 3; i++) await service.call();
  await expectFailures(service, reason);
}
