import { isTokenError } from "@client-token/core";
import kyTwo from "ky";
import { describe, expect, test, vi } from "vitest";
import { withClientToken as forKyTwo } from "../src/index.ts";
import { majors } from "./support/majors.ts";
import { createWorld } from "./support/world.ts";

describe.each(majors)("$name: without a token nothing is sent", ({ ky, withClientToken }) => {
  test("a refused credential surfaces as a TokenError, after one token request", async () => {
    const { api, manager, server, seen } = await createWorld();
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
    const options = { ...withClientToken("invoices", { manager }), retry: { limit: 3, delay: () => 0 } };

    for (const method of ["get", "post"]) {
      const call = ky(api, { ...options, method });
      await expect(call).rejects.toMatchObject({ code: "ERR_TOKEN_REFUSED", error: "invalid_client" });
      await expect(call).rejects.toSatisfy(isTokenError);
    }

    expect(seen).toHaveLength(0);
    expect(server.requests).toHaveLength(1);
  });

  test("ky does not ask again for callers that core has answered", async () => {
    const { api, manager, server, clock } = await createWorld();
    server.answerAlways(() => Response.json({}));
    const slow = ky.extend({
      retry: { delay: () => 0 },
      hooks: { beforeRetry: [() => clock.advance(60_000)] },
    });
    const call = slow.get(api, withClientToken("invoices", { manager }));
    await expect(call).rejects.toMatchObject({ code: "ERR_TOKEN_RESPONSE_INCOMPLETE" });
    expect(server.requests).toHaveLength(1);
  });

  test("an unknown client says which ones there are", async () => {
    const { api, manager, seen } = await createWorld();
    // @ts-expect-error -- the compiler knows the names, too
    const options = { ...withClientToken("invoises", { manager }), retry: { delay: () => 0 } };
    await expect(ky.get(api, options)).rejects.toThrow(/"invoises" is not a client .* invoices, payments/);
    expect(seen).toHaveLength(0);
  });

  test("a call that is aborted already asks for no token", async () => {
    const { api, manager, server } = await createWorld();
    const reason = new Error("never mind");
    const signal = AbortSignal.abort(reason);
    await expect(ky.get(api, { ...withClientToken("invoices", { manager }), signal })).rejects.toBe(reason);
    expect(server.issued).toHaveLength(0);
  });

  test("an abort ends the wait for the token, for this caller only", async () => {
    const { api, manager, server, seen } = await createWorld();
    let answer = (): void => {};
    server.answerNext(
      () =>
        new Promise((resolve) => {
          answer = () => resolve(Response.json({ access_token: "t", token_type: "Bearer", expires_in: 60 }));
        }),
    );
    const invoices = ky.extend(withClientToken("invoices", { manager }));
    const controller = new AbortController();
    const aborted = invoices.get(api, { signal: controller.signal });
    const patient = invoices.get(api, { throwHttpErrors: false });
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));

    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect(seen).toHaveLength(0);

    answer();
    await patient;
    expect(seen.map(({ authorization }) => authorization).slice(0, 1)).toEqual(["Bearer t"]);
  });

  test("an abort ends the wait for the replacement of a refused token", { timeout: 2_000 }, async () => {
    const { api, manager, server, seen } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));
    await invoices.get(api);
    server.revoke();
    server.answerAlways(() => new Promise(() => {}));
    const controller = new AbortController();
    const call = invoices.get(api, { signal: controller.signal });
    await vi.waitFor(() => expect(server.requests).toHaveLength(2));

    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(seen).toHaveLength(2);
  });
});

test.each(majors)("$name: timeout does not cover the wait for the token", async ({ ky, withClientToken }) => {
  const { api, manager, server, seen } = await createWorld();
  server.answerNext(async () => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return Response.json({ access_token: "t", token_type: "Bearer", expires_in: 60 });
  });
  const options = { ...withClientToken("invoices", { manager }), timeout: 100, throwHttpErrors: false };
  await ky.get(api, { ...options, retry: 0 });
  expect(seen).toHaveLength(1);
});

test("ky 2: totalTimeout covers the wait for the token", async () => {
  const { api, manager, server, seen } = await createWorld();
  server.answerAlways(() => new Promise(() => {}));
  const call = kyTwo.get(api, { ...forKyTwo("invoices", { manager }), totalTimeout: 30 });
  await expect(call).rejects.toMatchObject({ name: "TimeoutError" });
  expect(seen).toHaveLength(0);
});
