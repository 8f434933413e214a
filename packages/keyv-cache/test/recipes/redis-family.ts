// What Redis and Valkey have in common.

import { setTimeout } from "node:timers/promises";
import { createClient } from "@redis/client";
import { expect, test, vi } from "vitest";
import type { RedisServer, RedisServerOptions } from "../../../../test/support/redis-server.ts";
import type { OpenService } from "./outages.ts";
import { expectReadsOnly, expectSharing } from "./service.ts";

type StartServer = (options?: Omit<RedisServerOptions, "program">) => Promise<RedisServer>;

export function testRedisFamily(start: StartServer, open: OpenService): void {
  test.each([
    ["is read-only", ["REPLICAOF", "127.0.0.1", "1"], /READONLY/],
    ["is full", ["CONFIG", "SET", "maxmemory", "1"], /OOM/],
  ])("goes on while its server %s", async (_, command, reason) => {
    await using server = await start();
    await using service = await open({ url: server.url, patient: true });
    await expectReadsOnly(service, () => send(server, command), reason);
  });

  test("asks again for a token that its server has evicted", async () => {
    await using server = await start();
    await using service = await open({ url: server.url, patient: true });
    await service.get("list");
    expect(await service.finds("list")).toBe(true);
    await send(server, ["FLUSHALL"]);
    await expectSharing(service);
    expect(service.failures()).toEqual([]);
  });

  test("leaves a connection that has been silent for a second, and shares over another", async () => {
    await using server = await start();
    await using service = await open(server);
    await send(server, ["CONFIG", "RESETSTAT"]);
    server.pause();
    const calls = Array.from({ length: 5 }, async (_, i) => {
      await setTimeout(i * 1_000);
      return service.call();
    });
    await Promise.all(calls);
    server.resume();
    await expectSharing(service);
    expect(await connectionsMade(server)).toBeGreaterThan(0);
  });

  // A machine that stands still for a moment looks like a silent server.
  test("keeps an idle connection", { retry: 2 }, async () => {
    await using server = await start();
    await using service = await open(server);
    await send(server, ["CONFIG", "RESETSTAT"]);
    await setTimeout(2_500);
    await expectSharing(service);
    expect(await connectionsMade(server)).toBe(0);
  });

  test("is connected before the first call", async () => {
    await using server = await start();
    server.pause();
    const opening = open({ url: server.url, patient: true });
    await setTimeout(250);
    server.resume();
    await using service = await opening;
    await service.get("list");
    expect(await service.finds("list")).toBe(true);
    expect(service.failures()).toEqual([]);
  });

  test("keeps one key for a token, once the lease is given back", async () => {
    await using server = await start();
    await using service = await open({ url: server.url, patient: true });
    await service.get("list");
    const token = expect.stringMatching(/client-token::invoices::[\w-]{43}$/) as unknown;
    const isAlone = async (): Promise<void> => expect(await send(server, ["KEYS", "*"])).toEqual([token]);
    await vi.waitFor(isAlone, { timeout: 10_000 });
  });

  test("is told at once that its server is away", async () => {
    const server = await start();
    await using service = await open(server);
    await server.stop();
    for (let i = 0; i < 5; i++) await service.call();
    const failures = service.failures();
    expect(failures).not.toEqual([]);
    for (const failure of failures) expect(failure).toMatch(/offline|isn't writeable|closed/i);
  });
}

/** Sends one command, over a connection of its own. */
export async function send({ url }: { readonly url: string }, command: string[]): Promise<unknown> {
  const client = createClient({ url }).on("error", () => {});
  await client.connect();
  try {
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}

/** Since the statistics were reset; the one to ask is not among them. */
async function connectionsMade(server: { readonly url: string }): Promise<number> {
  const info = String(await send(server, ["INFO", "stats"]));
  return Number(/total_connections_received:(\d+)/.exec(info)?.[1]) - 1;
}
