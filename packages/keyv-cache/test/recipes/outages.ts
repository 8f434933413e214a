// What every recipe goes through.

import { describe, expect, test } from "vitest";
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

    test("starts while its server hangs, shares when it goes on, and ends while it hangs", async () => {
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
