import type { TokenChoice } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { majors } from "./support/majors.ts";
import { createWorld, unavailable } from "./support/world.ts";

describe.each(majors)("$name: a single call chooses its token", ({ ky, withClientToken }) => {
  const choose = (choice: TokenChoice): { context: { clientToken: TokenChoice } } => ({
    context: { clientToken: choice },
  });

  test("none, with clientToken: false", async () => {
    const { api, manager, seen } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));
    await invoices.get(api, { ...choose(false), throwHttpErrors: false });
    expect(seen.map(({ authorization }) => authorization)).toEqual([null]);
  });

  test("another scope, another client by name or handle", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));

    await invoices.get(api, choose({ scope: "write" }));
    await invoices.get(api, choose({ client: "payments" }));
    await invoices.get(api, choose({ client: manager.client("payments"), scope: "read" }));

    expect(server.requests.map(({ form }) => form.get("scope"))).toEqual(["write", null, "read"]);
    expect(new Set(server.presented).size).toBe(3);
  });

  test("and keeps that choice when its 401 is repaired and when ky tries again", async () => {
    const { api, manager, server, answerNext } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));
    await invoices.get(api, choose({ scope: "write" }));
    server.revoke();
    answerNext(unavailable);

    await invoices.get(api, { ...choose({ scope: "write" }), retry: { delay: () => 0 } });

    expect(server.requests.map(({ form }) => form.get("scope"))).toEqual(["write", "write"]);
  });

  test("and a renewal that it forces is made once", async () => {
    const { api, manager, server, answerNext } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));
    await invoices.get(api);
    answerNext(unavailable, () => new Response(null, { status: 401 }));

    await invoices.get(api, { ...choose({ forceRenewal: true }), retry: { delay: () => 0 } });

    expect(server.issued).toHaveLength(3);
    expect(server.presented.at(-1)).toBe(`Bearer ${server.issued[2]}`);
  });

  test("select chooses for calls that do not, at once or after a while", async () => {
    const { api, manager, server } = await createWorld();
    const bySelect = ky.extend(
      withClientToken("invoices", {
        manager,
        select: (request) =>
          request.method === "POST"
            ? { scope: `${new URL(request.url).pathname} ${request.header("x-tenant")}` }
            : undefined,
      }),
    );
    await bySelect.post(`${api}/write`, { headers: { "x-tenant": "t1" } });
    await bySelect.post(`${api}/write`, choose({ scope: "mine" }));
    await bySelect.get(api);
    expect(server.requests.map(({ form }) => form.get("scope"))).toEqual(["/write t1", "mine", null]);

    const later = ky.extend(
      withClientToken("invoices", { manager, select: async () => ({ scope: "later" }) }),
    );
    await later.get(api);
    expect(server.requests.at(-1)?.form.get("scope")).toBe("later");
  });

  test("a choice that is none is a TypeError, and nothing is sent", async () => {
    const { api, manager, seen } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));
    for (const clientToken of ["payments", true, null]) {
      const call = invoices.get(api, { context: { clientToken }, retry: 0 });
      await expect(call).rejects.toThrow(/"context.clientToken" is neither false nor an object/);
      await expect(call).rejects.toBeInstanceOf(TypeError);
    }
    expect(seen).toHaveLength(0);
  });
});
