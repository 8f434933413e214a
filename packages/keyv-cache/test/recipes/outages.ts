// What every recipe goes through.

import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startProcess, tokenRequest, type RecipeProcess } from "./process.ts";
import { loadRecipe, majors, type Circumstances, type Recipe, type RecipeName } from "./recipe.ts";
import { expectNoDelay, expectSharing, startService, type Service } from "./service.ts";
import { timed } from "./stopwatch.ts";

/** A server of a store, and what may happen to it. */
export interface StoreServer {
  readonly url: string;
  readonly pause: () => void;
  readonly resume: () => void;
  /** It is there no more. */
  readonly crash: () => Promise<void>;
  /** It is there again, at the same address. */
  readonly restart: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Servers that come back as another process. */
export async function breakable<Server extends AsyncDisposable & { url: string; port: number }>(
  start: (options?: { port?: number }) => Promise<Server & Pick<StoreServer, "pause" | "resume">>,
): Promise<StoreServer> {
  let server = await start();
  const { url, port } = server;
  return {
    url,
    pause: () => server.pause(),
    resume: () => server.resume(),
    crash: async () => server[Symbol.asyncDispose](),
    async restart() {
      server = await start({ port });
    },
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  };
}

/** Starts a service over a server by the recipe. */
export type OpenService = (circumstances: Circumstances) => Promise<Service>;

const timeout = 30_000;
/** Milliseconds that a process may live on when all is closed: a second, and some for the machine. */
const longestEnd = 1_500;

/** @param more - what only this store goes through */
export function testOutages(
  name: RecipeName,
  start: () => Promise<StoreServer>,
  more: (open: OpenService) => void,
): void {
  test(
    "the recipe shares tokens between Keyv 5 and Keyv 6, from the first call on",
    { timeout },
    async () => {
      await using server = await start();
      const load = ({ keyv }: (typeof majors)[number]): Promise<Recipe> =>
        loadRecipe(name, { url: server.url, keyv, patient: true });
      await using one = startService(await load(majors[0]));
      await using other = startService(await load(majors[1]));
      await one.get("list");
      expect(await other.finds("list")).toBe(true);
      await other.get("write");
      expect(await one.finds("write")).toBe(true);
      expect([...one.failures(), ...other.failures()]).toEqual([]);
    },
  );

  describe.each(majors)("the recipe, with $name,", { timeout, concurrent: true }, ({ keyv }) => {
    const open: OpenService = async ({ url, patient = false }) =>
      startService(await loadRecipe(name, { url, keyv, patient }));

    test("serves callers while its server hangs, and while it is away, and shares again afterwards", async () => {
      await using server = await start();
      await using service = await open(server);
      await expectToOutlive(server, service);
    });

    test("starts while its server is away, and shares when it comes", async () => {
      await using server = await start();
      await server.crash();
      await using service = await within(2_000, () => open(server));
      await expectNoDelay(service);
      await server.restart();
      await expectSharing(service);
    });

    test("starts while its server hangs, shares when it goes on, and closes while it hangs", async () => {
      await using server = await start();
      server.pause();
      const service = await within(2_000, () => open(server));
      await expectNoDelay(service);
      server.resume();
      await expectSharing(service);
      server.pause();
      await within(2_000, () => service[Symbol.asyncDispose]());
    });

    more(open);
  });

  // What a client leaves behind shows in a process alone.
  test.concurrent.each(ends)("a process with the recipe ends $when", { timeout }, async ({ live }) => {
    await using server = await start();
    await using process = await live(server, () => startProcess(name, server));
    expect(await process.leave()).toBeLessThan(longestEnd);
  });
}

/** What a process with a server goes through before it ends. All is closed then. */
const ends: readonly {
  readonly when: string;
  readonly live: (server: StoreServer, start: () => Promise<RecipeProcess>) => Promise<RecipeProcess>;
}[] = [
  {
    when: "while its server hangs",
    async live(server, start) {
      const process = await start();
      await hang(server, process);
      await process.close();
      return process;
    },
  },
  {
    when: "when its server comes back after it was closed",
    async live(server, start) {
      const process = await start();
      await hang(server, process);
      await process.close();
      server.resume();
      // Leases that were not given back are tried again for a while.
      await setTimeout(1_500);
      return process;
    },
  },
  {
    when: "while its server hangs, as it did from the start",
    async live(server, start) {
      server.pause();
      const process = await start();
      await process.close();
      return process;
    },
  },
];

/** It hangs from the middle of a token request on, so that a lease is not given back, and others try in vain. */
async function hang(server: StoreServer, process: RecipeProcess): Promise<void> {
  await process.call();
  const call = process.call();
  await setTimeout(tokenRequest / 2);
  server.pause();
  await call;
  await setTimeout(1_100);
  await process.call();
}

/** Callers are served while the server hangs, and while it is away; tokens are shared before and afterwards. */
export async function expectToOutlive(server: StoreServer, service: Service): Promise<void> {
  await expectSharing(service);
  server.pause();
  await expectNoDelay(service);
  server.resume();
  await expectSharing(service);
  await server.crash();
  await expectNoDelay(service);
  await server.restart();
  await expectSharing(service);
}

async function within<T>(limit: number, work: () => Promise<T>): Promise<T> {
  const { result, took } = await timed(work);
  expect(took).toBeLessThan(limit);
  return result;
}
