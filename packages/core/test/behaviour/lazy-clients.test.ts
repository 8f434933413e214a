import { createTokenManager, type ClientOptions } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { atOnce, failureOf } from "../support/calls.ts";
import { createWorld } from "../support/world.ts";

describe("a client given as a function", () => {
  test.each(["sync", "async"])("%s, is asked once, at first use", async (kind) => {
    const { tokens, options, server } = await createWorld();
    let asked = 0;
    const sync = (): ClientOptions => {
      asked++;
      return options;
    };
    const lazy = tokens.register("lazy", kind === "sync" ? sync : async () => sync());
    expect(asked).toBe(0);
    expect(lazy.peekToken()).toBeUndefined();
    expect(asked).toBe(0);

    await atOnce(20, () => lazy.getToken());
    await lazy.getToken({ scope: "write" });
    await lazy.getToken({ forceRenewal: true });
    expect(asked).toBe(1);
    expect(server.requests).toHaveLength(3);
  });

  test("may be listed from the beginning", async () => {
    const { options, clock, api } = await createWorld();
    const tokens = createTokenManager({ clients: { lazy: async () => options }, clock });
    expect((await tokens.getToken("lazy")).clientId).toBe(options.clientId);
    expect(api).toBeDefined();
  });

  test("is asked again after register", async () => {
    const { tokens, options } = await createWorld();
    const lazy = tokens.register("lazy", () => options);
    await lazy.getToken();
    tokens.register("lazy", async () => ({ ...options, clientId: "changed" }));
    expect((await lazy.getToken()).clientId).toBe("changed");
  });

  test("guards its origins from the first request on", async () => {
    const { tokens, options, api } = await createWorld();
    const lazy = tokens.register("lazy", async () => ({ ...options, origins: ["https://api.company.com"] }));
    const { withClientToken } = await import("@client-token/core");
    const response = await withClientToken(lazy)(fetch)(api);
    expect(response.status).toBe(401);
  });
});

describe("a function that fails", () => {
  test("is a typed error with its cause", async () => {
    const { tokens, server } = await createWorld();
    const lazy = tokens.register("lazy", () => Promise.reject(new Error("no database")));
    expect(await failureOf(lazy.getToken())).toMatchObject({
      code: "ERR_TOKEN_CLIENT_OPTIONS",
      client: "lazy",
      cause: { message: "no database" },
    });
    expect(server.requests).toHaveLength(0);
  });

  test("is asked again only after a pause of one second, and the pause grows", async () => {
    const { tokens, options, clock } = await createWorld();
    const asked: number[] = [];
    const started = clock.monotonic();
    const lazy = tokens.register("lazy", () => {
      asked.push(clock.monotonic() - started);
      if (asked.length <= 3) throw new Error("no database");
      return options;
    });
    const attempt = (): Promise<unknown> => lazy.getToken().catch((error: unknown) => error);
    for (let halfSeconds = 0; halfSeconds < 15; halfSeconds++) {
      await attempt();
      await clock.advance(500);
    }
    expect(asked).toEqual([0, 1000, 3000, 7000]);
    await expect(lazy.getToken()).resolves.toBeDefined();
  });

  test("fails for all who wait, and is asked once", async () => {
    const { tokens } = await createWorld();
    let asked = 0;
    const lazy = tokens.register("lazy", async () => {
      asked++;
      throw new Error("no database");
    });
    const errors = await atOnce(10, () => failureOf(lazy.getToken()));
    expect(new Set(errors).size).toBe(1);
    expect(asked).toBe(1);
  });

  test("gives bad options: the mistake is named", async () => {
    const { tokens, options } = await createWorld();
    const lazy = tokens.register("lazy", async () => ({ ...options, timeout: 10 }));
    expect(await failureOf(lazy.getToken())).toMatchObject({
      code: "ERR_TOKEN_CONFIGURATION",
      message: expect.stringMatching(/"timeout" of client "lazy" is 10: it is in milliseconds/) as string,
    });
  });

  test("that never settles does not hold a caller for ever", async () => {
    const { tokens, clock } = await createWorld({ manager: { timeout: 3000 } });
    const lazy = tokens.register("lazy", () => new Promise<ClientOptions>(() => {}));
    const controller = new AbortController();
    const aborted = failureOf(lazy.getToken({ signal: controller.signal }));
    controller.abort();
    expect(
      await Promise.race([aborted, new Promise((resolve) => setTimeout(resolve, 200, "still waiting"))]),
    ).toMatchObject({
      name: "AbortError",
    });
    const waiting = failureOf(lazy.getToken());
    await clock.advance(4100);
    expect(
      await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 200, "still waiting"))]),
    ).toMatchObject({
      client: "lazy",
    });
  });
});
