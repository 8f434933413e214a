import { createTokenManager, type Fetch } from "@client-token/core";
import { describe, expect, test, vi } from "vitest";
import { failureOf } from "../support/calls.ts";
import { createWorld } from "../support/world.ts";

/** A fetch that counts its calls. */
function counting(): Fetch & { calls: () => number } {
  let calls = 0;
  const send: Fetch = (input, init) => {
    calls++;
    return fetch(input, init);
  };
  return Object.assign(send, { calls: () => calls });
}

describe("who sends the token requests", () => {
  test("the client's own httpClient, then the named one, then the manager's", async () => {
    const { options } = await createWorld();
    const [own, named, usual] = [counting(), counting(), counting()];
    const tokens = createTokenManager({
      httpClient: usual,
      httpClients: { named },
      clients: {
        own: { ...options, httpClient: own, httpClientName: "named" },
        named: { ...options, httpClientName: "named" },
        usual: options,
      },
    });
    const counts = (): number[] => [own, named, usual].map(({ calls }) => calls());
    await tokens.getToken("own");
    expect(counts()).toEqual([1, 0, 0]);
    await tokens.getToken("named");
    expect(counts()).toEqual([1, 1, 0]);
    await tokens.getToken("usual");
    expect(counts()).toEqual([1, 1, 1]);
  });

  test("the platform's fetch where nobody is named, looked up at each request", async () => {
    const { invoices, server } = await createWorld();
    const patched = vi.spyOn(globalThis, "fetch");
    await invoices.getToken();
    expect(patched).toHaveBeenCalledTimes(1);
    patched.mockRestore();
    await invoices.getToken({ forceRenewal: true });
    expect(server.requests).toHaveLength(2);
  });

  test("never the HTTP client that calls the API", async () => {
    const { invoices, api, server, seen } = await createWorld();
    const { withClientToken } = await import("@client-token/core");
    const next = counting();
    await withClientToken(invoices)(next)(api);
    expect(next.calls()).toBe(1);
    expect(seen).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
  });
});

test.each(["default", "by name", "instance"])(
  "a 404 through the HTTP client chosen by %s is an error that says where to look",
  async (kind) => {
    const { options } = await createWorld();
    let calls = 0;
    const notFound: Fetch = async () => {
      calls++;
      return new Response(null, { status: 404 });
    };
    const tokens = createTokenManager({
      ...(kind === "default" ? { httpClient: notFound } : {}),
      httpClients: { custom: notFound },
      clients: {
        invoices: {
          ...options,
          ...(kind === "by name" ? { httpClientName: "custom" } : {}),
          ...(kind === "instance" ? { httpClient: notFound } : {}),
        },
      },
    });
    const error = await failureOf(tokens.getToken("invoices"));
    expect(error).toMatchObject({ code: "ERR_TOKEN_ENDPOINT_STATUS", status: 404 });
    expect(error.message).toContain("check tokenEndpoint");
    expect(calls).toBe(1);
  },
);

test("it is given a signal, and told not to follow redirects", async () => {
  const inits: (RequestInit | undefined)[] = [];
  const httpClient: Fetch = async (input, init) => {
    inits.push(init);
    return fetch(input, init);
  };
  const { invoices } = await createWorld({ client: { httpClient } });
  await invoices.getToken();
  expect(inits[0]).toMatchObject({ method: "POST", redirect: "manual" });
  expect(inits[0]?.signal).toBeInstanceOf(AbortSignal);
});
