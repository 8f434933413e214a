import type { RequestView } from "@client-token/core";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { versions } from "./support/versions.ts";
import { bearers, createWorld, presented } from "./support/world.ts";

describe.each(versions)("Axios $axios.VERSION: the adapter part", ({ axios, clientTokenAdapter }) => {
  test("stands over the adapter Axios would choose, over some given by name, and over your own", async () => {
    const world = await createWorld();
    const { api, manager } = world;
    const over = clientTokenAdapter("invoices", { manager });
    const mine = over((config) => axios.getAdapter("http")(config));

    const adapters = [over(), over("fetch"), over(["xhr", "fetch"]), mine];
    await Promise.all(adapters.map((adapter) => axios.create({ baseURL: api, adapter }).get("/list")));

    const [bearer] = bearers(world);
    expect(presented(world)).toEqual([bearer, bearer, bearer, bearer]);
  });

  test("wrapped twice, lets the later client win", async () => {
    const world = await createWorld();
    const { api, manager, server } = world;
    const select = ({ url }: RequestView): false | undefined => (url.endsWith("/public") ? false : undefined);
    const invoices = clientTokenAdapter("invoices", { manager })("http");
    const adapter = clientTokenAdapter("payments", { manager, select })(invoices);
    const payments = axios.create({ baseURL: api, adapter });

    await payments.get("/list");
    await payments.get("/public", { validateStatus: null });

    expect(server.requests.map(({ headers }) => headers.get("authorization"))).toEqual([
      `Basic ${btoa("payments:s3cret")}`,
    ]);
    expect(presented(world)).toEqual([...bearers(world), null]);
  });

  test("repairs a 401, and passes to instances that are made from its own", async () => {
    const world = await createWorld();
    const { api, manager, server } = world;
    const adapter = clientTokenAdapter("invoices", { manager })();
    await manager.getToken("invoices");
    server.revoke();

    const { status } = await axios.create({ baseURL: api, adapter }).create().get("/list");

    expect(status).toBe(200);
    expect(presented(world)).toEqual(bearers(world));
  });

  test("goes by the base URL that a request comes with", async () => {
    const world = await createWorld();
    const { api, elsewhere, manager } = world;
    const adapter = clientTokenAdapter("invoices", { manager })();
    const invoices = axios.create({ baseURL: api, adapter, validateStatus: null });

    await invoices.get(`${elsewhere}/list`);
    await invoices.get("/list", { baseURL: elsewhere });

    expect(presented(world)).toEqual([null, ...bearers(world)]);
  });

  test("understands the answers of adapters of other makers", async () => {
    const { manager, server } = await createWorld();
    const adapter = clientTokenAdapter("invoices", { manager })(async (config) => ({
      data: "",
      status: 401,
      statusText: "",
      headers: { "WWW-Authenticate": 'Bearer error="insufficient_scope"' },
      config,
    }));
    const { status } = await axios.get("https://api.company.com/list", { adapter });
    expect(status).toBe(401);
    expect(server.requests, "the token was not at fault").toHaveLength(1);
  });

  test("closes a streamed refusal that nobody will read", async () => {
    const { manager, clock } = await createWorld();
    const node = new Readable({ read() {} });
    let cancelled = false;
    const web = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    for (const refusal of [node, web]) {
      const answers = [
        { data: refusal, status: 401 },
        { data: "", status: 200 },
      ];
      const adapter = clientTokenAdapter("invoices", { manager })(async (config) => ({
        ...answers.shift()!,
        statusText: "",
        headers: {},
        config,
      }));
      expect(await axios.get("https://api.company.com/list", { adapter })).toMatchObject({ status: 200 });
      await clock.advance(60_000);
    }
    expect({ destroyed: node.destroyed, cancelled }).toEqual({ destroyed: true, cancelled: true });
  });
});
