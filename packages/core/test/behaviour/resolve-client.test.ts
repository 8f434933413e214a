import { createTokenManager, withClientToken } from "@client-token/core";
import type { SeenTokenRequest } from "@client-token/core/testing";
import { describe, expect, test } from "vitest";
import { atOnce, failureOf } from "../support/calls.ts";
import { createWorld } from "../support/world.ts";

/** Which client sent a token request. */
const clientIdOf = ({ headers }: SeenTokenRequest): string | undefined =>
  atob(headers.get("authorization")?.slice(6) ?? "").split(":")[0];

describe("resolveClient serves clients that nobody listed", () => {
  test("each is asked for once", async () => {
    const { options, clock, server } = await createWorld();
    const asked: string[] = [];
    const tokens = createTokenManager({
      clock,
      resolveClient: async (name) => {
        asked.push(name);
        return { ...options, clientId: name };
      },
    });
    await atOnce(20, (call) => tokens.getToken(`tenant-${call % 2}`));
    expect((await tokens.getToken("tenant-0")).clientId).toBe("tenant-0");
    expect((await tokens.getToken("tenant-1")).clientId).toBe("tenant-1");
    expect(asked).toEqual(["tenant-0", "tenant-1"]);
    expect(server.requests).toHaveLength(2);
  });

  test("listed clients come first", async () => {
    const { options, clock } = await createWorld();
    const tokens = createTokenManager({
      clock,
      clients: { invoices: options },
      resolveClient: () => undefined,
    });
    expect((await tokens.getToken("invoices")).clientId).toBe("invoices-app");
  });

  test("through a middleware that chooses the tenant per request", async () => {
    const { options, clock, api, server } = await createWorld();
    const tokens = createTokenManager({ clock, resolveClient: (name) => ({ ...options, clientId: name }) });
    const tenantFetch = withClientToken("nobody", {
      manager: tokens,
      select: ({ url }) => ({ client: new URL(url).searchParams.get("tenant") ?? "default" }),
    })(fetch);
    expect((await tenantFetch(`${api}/?tenant=a`)).status).toBe(200);
    expect((await tenantFetch(`${api}/?tenant=b`)).status).toBe(200);
    expect(server.requests.map(clientIdOf)).toEqual(["a", "b"]);
  });

  test("a name that it does not know is an unknown client", async () => {
    const { clock } = await createWorld();
    const tokens = createTokenManager({ clock, resolveClient: async () => undefined });
    const error = await failureOf(tokens.getToken("nobody"));
    expect(error).toMatchObject({ code: "ERR_TOKEN_CONFIGURATION" });
    expect(error.message).toContain('"nobody"');
  });

  test("a name that it does not know is asked for again only after a pause", async () => {
    const { options, clock } = await createWorld();
    let asked = 0;
    const tokens = createTokenManager({
      clock,
      resolveClient: () => (++asked > 1 ? options : undefined),
    });
    await failureOf(tokens.getToken("late"));
    await failureOf(tokens.getToken("late"));
    expect(asked).toBe(1);
    await clock.advance(1001);
    await expect(tokens.getToken("late")).resolves.toBeDefined();
    expect(asked).toBe(2);
  });

  test("no more than maxKeys are kept, and whoever was let go of is asked for again", async () => {
    const { options, clock } = await createWorld();
    const asked: string[] = [];
    const tokens = createTokenManager({
      clock,
      maxKeys: 10,
      resolveClient: (name) => {
        asked.push(name);
        return { ...options, clientId: name };
      },
    });
    for (let tenant = 0; tenant < 30; tenant++) {
      expect((await tokens.getToken(`tenant-${tenant}`)).clientId).toBe(`tenant-${tenant}`);
      expect(tokens.stats().keys).toBeLessThanOrEqual(10);
    }
    expect((await tokens.getToken("tenant-0")).clientId).toBe("tenant-0");
    expect(asked.filter((name) => name === "tenant-0")).toHaveLength(2);
  });

  test("a tenant in steady use is kept though many others pass by", async () => {
    const { options, clock, server } = await createWorld();
    const tokens = createTokenManager({
      clock,
      maxKeys: 10,
      resolveClient: (name) => ({ ...options, clientId: name }),
    });
    for (let tenant = 0; tenant < 30; tenant++) {
      await tokens.getToken("steady");
      await tokens.getToken(`tenant-${tenant}`);
    }
    const steady = server.requests.filter((request) => clientIdOf(request) === "steady");
    expect(server.requests.length - steady.length).toBe(30);
    // Roughly the least recently used go first: once it may meet the sweep that finds all of them in use.
    expect(steady.length).toBeLessThanOrEqual(3);
  });

  test("a failing resolver is a typed error", async () => {
    const { clock } = await createWorld();
    const tokens = createTokenManager({
      clock,
      resolveClient: () => Promise.reject(new Error("no database")),
    });
    expect(await failureOf(tokens.getToken("a"))).toMatchObject({
      code: "ERR_TOKEN_CLIENT_OPTIONS",
      cause: { message: "no database" },
    });
  });
});
