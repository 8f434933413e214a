import kyOne from "ky-1";
import { describe, expect, test } from "vitest";
import { withClientToken as fetchWithClientToken } from "@client-token/core";
import { requestState } from "../src/hook-state.ts";
import { withClientToken as forKyTwo } from "../src/index.ts";
import { majors } from "./support/majors.ts";
import { createWorld, unavailable } from "./support/world.ts";

const refused = { name: "HTTPError", response: { status: 401 } };

describe.each(majors)("$name: a 401 is the caller's, as ky's own error", ({ ky, withClientToken }) => {
  test("with retry: 0; the next call has a new token", async () => {
    const { api, manager, server, seen } = await createWorld();
    const invoices = ky.extend({ ...withClientToken("invoices", { manager }), retry: 0 });
    await invoices.get(api);
    server.revoke();

    await expect(invoices.post(api, { body: "a" })).rejects.toMatchObject(refused);
    expect(seen).toHaveLength(2);

    expect((await invoices.post(api, { body: "a" })).status).toBe(200);
    expect(server.requests).toHaveLength(2);
  });

  test("with ky's limit used up; the next call has a new token", async () => {
    const { api, manager, server, seen, answerNext } = await createWorld();
    const retry = { limit: 1, delay: () => 0 };
    const invoices = ky.extend({ ...withClientToken("invoices", { manager }), retry });
    await invoices.get(api);
    server.revoke();
    answerNext(unavailable);

    await expect(invoices.get(api)).rejects.toMatchObject(refused);
    expect(seen).toHaveLength(3);

    expect((await invoices.get(api)).status).toBe(200);
    expect(server.requests).toHaveLength(2);
  });

  test("unless the fetch middleware has repaired it, also with retry: 0 and a stream", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = ky.create({
      retry: 0,
      fetch: fetchWithClientToken("invoices", { manager })(fetch),
    });
    await invoices.get(api);
    server.revoke();
    const body = new Blob(["one ", "two"]).stream();
    const response = await invoices.post(api, { body, duplex: "half" });
    expect(await response.json()).toMatchObject({ body: "one two" });
    expect(server.requests).toHaveLength(2);
  });

  test("when another token would not help", async () => {
    const { api, manager, server, seen, answerNext } = await createWorld();
    answerNext(
      () =>
        new Response(null, {
          status: 401,
          headers: { "www-authenticate": 'Bearer error="insufficient_scope"' },
        }),
    );
    await expect(ky.get(api, withClientToken("invoices", { manager }))).rejects.toMatchObject(refused);
    expect(seen).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
  });

  test("when no other token can be had", async () => {
    const { api, manager, server, seen } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));
    await invoices.get(api);
    server.revoke();
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
    await expect(invoices.get(api)).rejects.toMatchObject(refused);
    expect(seen).toHaveLength(2);
  });

  test("when a later hook has put another header in the token's place", async () => {
    const { api, manager, server, seen, answerNext } = await createWorld();
    const signed = ky.extend(withClientToken("invoices", { manager })).extend({
      retry: { delay: () => 0 },
      hooks: {
        beforeRequest: [(...args) => requestState(args).request.headers.set("authorization", "Signature x")],
      },
    });
    answerNext(unavailable);
    await expect(signed.get(api)).rejects.toMatchObject(refused);
    expect(seen.map(({ authorization }) => authorization)).toEqual(["Signature x", "Signature x"]);
    expect(server.requests).toHaveLength(1);
  });

  test("when it came from where a redirect led: the token was not sent there", async () => {
    const { api, elsewhere, manager, server, seen, answerNext } = await createWorld();
    answerNext(() => new Response(null, { status: 302, headers: { location: elsewhere } }));
    await expect(ky.get(api, withClientToken("invoices", { manager }))).rejects.toMatchObject(refused);
    expect(seen.map(({ authorization }) => authorization)).toEqual([`Bearer ${server.issued[0]}`, null]);
    expect(server.requests).toHaveLength(1);
  });
});

test("an adapter that imports another copy of ky cannot repair the call, only the next one", async () => {
  const { api, manager, server, seen } = await createWorld();
  const invoices = kyOne.extend(forKyTwo("invoices", { manager }));
  await invoices.get(api);
  server.revoke();

  await expect(invoices.get(api)).rejects.toMatchObject(refused);
  expect(seen).toHaveLength(2);

  expect((await invoices.get(api)).status).toBe(200);
});
