/// <reference lib="esnext.disposable" />
// Several Redis servers that serve as one, and go on when one of them is lost.

import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@keyv/redis";
import type { RedisServer } from "./redis-server.ts";

/** Redis servers of our own that serve as one. */
export interface RedisTopology {
  /** Where clients ask which server does what. */
  readonly urls: readonly string[];
  /** The servers that hold no keys, and watch over those that do. */
  readonly guards: readonly RedisServer[];
  /** All keys that begin with `prefix`. */
  keys(prefix: string): Promise<readonly string[]>;
  /** The server that takes writes of `key`. @throws if there is none within 15 s */
  masterOf(key: string): Promise<RedisServer>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a topology is made of. */
export interface TopologyParts extends Pick<RedisTopology, "urls" | "guards"> {
  /** The servers that hold keys. */
  readonly stores: readonly RedisServer[];
  /** Whether `server` takes writes of `key`; it may reject instead. */
  readonly isMaster: (server: RedisServer, key: string) => Promise<boolean>;
}

export function createTopology({ urls, stores, guards, isMaster }: TopologyParts): RedisTopology {
  const stop = (): Promise<void> => stopAll([...stores, ...guards]);
  return {
    urls,
    guards,
    async keys(prefix) {
      const found = await Promise.allSettled(stores.map((server) => ask(server, "KEYS", `${prefix}*`)));
      const lists = found.map((answer) => (answer.status === "fulfilled" ? answer.value : ""));
      return [...new Set(lists.flatMap((list) => list.split(",")))].filter((key) => key !== "");
    },
    masterOf: (key) =>
      until(`There is no master for ${key}.`, () =>
        Promise.any(
          stores.map(async (server) => {
            if (await isMaster(server, key)) return server;
            throw new Error(`${server.url} is not the master.`);
          }),
        ),
      ),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

export async function stopAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}

/** The answer to one command; the elements of a list with commas between them. @throws if there is none within 5 s */
export async function ask({ url }: RedisServer, ...command: readonly string[]): Promise<string> {
  const limits = { connectTimeout: 5_000, socketTimeout: 5_000, reconnectStrategy: false } as const;
  const client = createClient({ url, socket: limits });
  client.on("error", () => {});
  await client.connect();
  try {
    return String(await client.sendCommand<string | number | string[]>([...command]));
  } finally {
    if (client.isOpen) client.destroy();
  }
}

/**
 * Repeats `look` until it gives something; one that rejects, or takes longer than a second, gives nothing.
 * @throws `problem` after 15 s
 */
async function until<T>(problem: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const found = await Promise.race([look().catch(() => undefined), sleep(1_000, undefined)]);
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(problem);
    await sleep(50);
  }
}

/** Waits until each server says that it is ready. */
export async function untilEach<S extends RedisServer>(
  problem: string,
  servers: readonly S[],
  isReady: (server: S) => Promise<boolean>,
): Promise<void> {
  await Promise.all(
    servers.map((server) => until(problem, async () => ((await isReady(server)) ? true : undefined))),
  );
}

/** Whether a replica has all that its master has. */
export async function isInStep(replica: RedisServer): Promise<boolean> {
  return (await ask(replica, "INFO", "replication")).includes("master_link_status:up");
}
