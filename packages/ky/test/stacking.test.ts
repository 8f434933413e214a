import { describe, expect, test } from "vitest";
import { majors } from "./support/majors.ts";
import { createWorld, ok, unavailable } from "./support/world.ts";

describe.each(majors)("$name: of several, the last one wins", ({ ky, withClientToken }) => {
  test("on an instance that was extended twice", async () => {
    const { api, manager, server } = await createWorld();
    const both = ky
      .extend(withClientToken("invoices", { manager }))
      .extend(withClientToken("payments", { manager }));

    await both.get(api);
    server.revoke();
    await both.get(api);

    const payments = await manager.getToken("payments");
    expect(server.presented.at(-1)).toBe(payments.authorization);
    expect(server.requests).toHaveLength(2);
  });

  test("on a call that brings its own", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));

    await invoices.get(api, withClientToken("payments", { manager }));
    await invoices.get(api);

    const [payments, own] = [await manager.getToken("payments"), await manager.getToken("invoices")];
    expect(server.presented).toEqual([payments.authorization, own.authorization]);
  });

  test("also where it gives no token, and also on ky's retries", async () => {
    const { api, elsewhere, manager, register, seen, answerNext } = await createWorld();
    const guarded = register({ origins: [elsewhere] });
    const both = ky.extend(withClientToken("invoices", { manager })).extend(withClientToken(guarded));
    answerNext(unavailable, ok);

    await both.get(api, { retry: { delay: () => 0 } });

    expect(seen.map(({ authorization }) => authorization)).toEqual([null, null]);
  });

  test("the same one twice does no harm", async () => {
    const { api, manager, server } = await createWorld();
    const options = withClientToken("invoices", { manager });
    // ky merges what a function returns onto the parent again: these hooks are there four times.
    const fourfold = ky
      .extend(options)
      .extend(options)
      .extend((parent) => ({ ...parent }));

    await fourfold.get(api);
    server.revoke();
    await fourfold.post(api, { body: "again" });

    expect(server.requests).toHaveLength(2);
    expect(server.presented).toHaveLength(3);
  });

  test("a context that replaces ours as a whole does not turn the token off", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = ky.create({ ...withClientToken("invoices", { manager }), context: { tenant: "t1" } });
    await invoices.get(api);
    expect(server.presented).toEqual([`Bearer ${server.issued[0]}`]);
  });

  test("extending with more hooks and context leaves it in force", async () => {
    const { api, manager, server, seen } = await createWorld();
    const calls: string[] = [];
    const invoices = ky.extend(withClientToken("invoices", { manager })).extend({
      context: { tenant: "t1" },
      hooks: { beforeRequest: [() => void calls.push("mine")] },
    });
    await invoices.get(api);
    expect(calls).toEqual(["mine"]);
    expect(seen[0]?.authorization).toBe(`Bearer ${server.issued[0]}`);
  });
});
