import { describe, expect, test } from "vitest";
import { combinations } from "./support/ways.ts";
import { bearers, createWorld, presented } from "./support/world.ts";

describe.each(combinations)("$name: every request carries the token", ({ create, axios }) => {
  test("of a client given by its name or by a handle", async () => {
    const world = await createWorld();
    const { api, manager } = world;

    await create("invoices", { manager }, { baseURL: api }).get("/list");
    await create(manager.client("payments"), {}, { baseURL: api }).post("/list", { a: 1 });

    expect(presented(world)).toEqual(bearers(world));
    expect(world.server.requests).toHaveLength(2);
  });

  test("50 concurrent cold calls make one token request", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = create("invoices", { manager }, { baseURL: api });

    const responses = await Promise.all(Array.from({ length: 50 }, () => invoices.get("/list")));

    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(server.requests).toHaveLength(1);
  });

  test("a header that the caller set stays, and its 401 is the caller's", async () => {
    const world = await createWorld();
    const invoices = create("invoices", { manager: world.manager }, { baseURL: world.api });

    const calling = invoices.get("/list", { headers: { AUTHORIZATION: "Basic abc" } });

    await expect(calling).rejects.toMatchObject({ response: { status: 401 } });
    expect(presented(world)).toEqual(["Basic abc"]);
    expect(world.server.requests).toHaveLength(0);
  });

  test.each([null, false])(
    "a header that the caller switched off with %s stays off",
    async (Authorization) => {
      const world = await createWorld();
      const invoices = create("invoices", { manager: world.manager }, { baseURL: world.api });
      await invoices.get("/list", { headers: { Authorization }, validateStatus: null });
      expect(presented(world)).toEqual([null]);
    },
  );

  test("the credentials of `auth` win, as everywhere in Axios, and their 401 is the caller's", async () => {
    const world = await createWorld();
    const { api, manager, server } = world;
    await manager.getToken("invoices");
    const auth = { username: "user", password: "pass" };

    const calling = create("invoices", { manager }, { baseURL: api }).get("/list", { auth });

    await expect(calling).rejects.toMatchObject({ status: 401 });
    expect(presented(world)).toEqual([`Basic ${btoa("user:pass")}`]);
    expect(server.requests).toHaveLength(1);
  });

  test("a request chooses another client, another scope, or no token", async () => {
    const world = await createWorld();
    const invoices = create("invoices", { manager: world.manager }, { baseURL: world.api });

    await invoices.get("/list", { clientToken: { client: "payments" } });
    await invoices.get("/list", { clientToken: { scope: "write" } });
    await invoices.get("/list", { clientToken: false, validateStatus: null });

    expect(presented(world)).toEqual([...bearers(world), null]);
    const [payments, write] = world.server.requests;
    expect(payments?.headers.get("authorization")).toBe(`Basic ${btoa("payments:s3cret")}`);
    expect(write?.form.get("scope")).toBe("write");
  });

  test("a request chooses a client by its handle, and the handle's origins hold", async () => {
    const world = await createWorld();
    const { api, elsewhere, manager } = world;
    const invoices = create("invoices", { manager }, { validateStatus: null });
    const client = world.register({ origins: [api] });

    await invoices.get(`${api}/list`, { clientToken: { client } });
    await invoices.get(`${elsewhere}/list`, { clientToken: { client } });

    expect(presented(world)).toEqual([...bearers(world), null]);
  });

  test("a choice in the instance's defaults is merged with the request's", async () => {
    const { api, manager, server } = await createWorld();
    const defaults = { baseURL: api, clientToken: { scope: "read" } };
    await create("invoices", { manager }, defaults).get("/list", { clientToken: { resource: "urn:a" } });
    expect(server.requests.map(({ form }) => [form.get("scope"), form.get("resource")])).toEqual([
      ["read", "urn:a"],
    ]);
  });

  test("`select` chooses where the request does not", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = create("invoices", { manager, select: () => ({ scope: "selected" }) }, { baseURL: api });
    await invoices.get("/list");
    await invoices.get("/list", { clientToken: { scope: "chosen" } });
    expect(server.requests.map(({ form }) => form.get("scope"))).toEqual(["selected", "chosen"]);
  });

  test("a request that gets no token is not sent, and the TokenError surfaces untouched", async () => {
    const { api, manager, server, seen } = await createWorld();
    const invoices = create("invoices", { manager }, { baseURL: api });
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
    const reason = await manager.getToken("invoices").catch((error: unknown) => error);

    const failure = await invoices.get("/list").catch((error: unknown) => error);

    expect(failure).toBe(reason);
    expect(failure).toMatchObject({ name: "TokenEndpointError", code: "ERR_TOKEN_REFUSED" });
    expect(seen).toHaveLength(0);
  });

  test("and no config, header or body of the caller's is changed", async () => {
    const { api, manager, server } = await createWorld();
    const headers = Object.freeze({ "x-instance": "1" });
    const invoices = create("invoices", { manager }, Object.freeze({ baseURL: api, headers }));
    const config = Object.freeze({
      url: "/list",
      method: "post",
      data: Object.freeze({ a: 1 }),
      headers: new axios.AxiosHeaders({ "x-call": "1" }),
    });
    const before = JSON.stringify([config, invoices.defaults]);
    await manager.getToken("invoices");
    server.revoke();

    await invoices.request(config);

    expect(JSON.stringify([config, invoices.defaults])).toBe(before);
  });
});

// Of Axios 1.16, only the http adapter takes such a URL.
describe.each(combinations.filter(({ adapter }) => adapter === "http"))("$name", ({ create }) => {
  test("so do the credentials of a URL", async () => {
    const world = await createWorld();
    const { api, manager, server } = world;
    await manager.getToken("invoices");

    const calling = create("invoices", { manager }, { baseURL: api.replace("//", "//user:pass@") }).get(
      "/list",
    );

    await expect(calling).rejects.toMatchObject({ status: 401 });
    expect(presented(world)).toEqual([`Basic ${btoa("user:pass")}`]);
    expect(server.requests).toHaveLength(1);
  });
});
