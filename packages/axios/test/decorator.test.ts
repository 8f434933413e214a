import type { RequestView } from "@client-token/core";
import type { AxiosAdapter } from "axios";
import { describe, expect, test } from "vitest";
import { versions } from "./support/versions.ts";
import { bearers, createWorld, presented } from "./support/world.ts";

describe.each(versions)("Axios $axios.VERSION: the decorator", (version) => {
  const { axios, withClientToken, clientTokenAdapter } = version;

  test("gives back the instance it was given", async () => {
    const { manager } = await createWorld();
    const instance = axios.create();
    expect(withClientToken("invoices", { manager })(instance)).toBe(instance);
  });

  test("applied twice, lets the later client win", async () => {
    const world = await createWorld();
    const { api, manager, server } = world;
    const invoices = withClientToken("invoices", { manager })(axios.create({ baseURL: api }));
    const payments = withClientToken("payments", { manager })(invoices);

    await payments.get("/list");
    await payments.get("/list", { clientToken: false, validateStatus: null });

    expect(server.requests.map(({ headers }) => headers.get("authorization"))).toEqual([
      `Basic ${btoa("payments:s3cret")}`,
    ]);
    expect(presented(world)).toEqual([...bearers(world), null]);
  });

  test("still works after all interceptors were cleared and it was applied again", async () => {
    const world = await createWorld();
    const { api, manager } = world;
    const invoices = withClientToken("invoices", { manager })(axios.create({ baseURL: api }));
    invoices.interceptors.request.clear();
    const heard: string[] = [];
    invoices.interceptors.request.use((config) => {
      heard.push("mine");
      return config;
    });
    await withClientToken("payments", { manager })(invoices).get("/list");
    expect(heard).toEqual(["mine"]);
    expect(presented(world)).toEqual(bearers(world));
  });

  test("serves a request with an adapter of its own, and one that the instance got later", async () => {
    const world = await createWorld();
    const { api, manager } = world;
    const invoices = withClientToken("invoices", { manager })(axios.create({ baseURL: api }));

    await invoices.get("/list", { adapter: "fetch" });
    invoices.defaults.adapter = "http";
    await invoices.get("/list");

    const [bearer] = bearers(world);
    expect(presented(world)).toEqual([bearer, bearer]);
  });

  test("leaves the choice of an adapter to Axios, with all that the config says of it", async () => {
    const { api, manager, server } = await createWorld();
    const urls: string[] = [];
    const env = {
      fetch: (input: string | URL | Request, init?: RequestInit) => {
        const request = new Request(input, init);
        urls.push(request.url);
        return server.api(request);
      },
    };
    const instance = axios.create({ baseURL: api, adapter: ["xhr", "fetch"], env });
    await withClientToken("invoices", { manager })(instance).get("/list");
    expect(urls).toEqual([`${api}/list`]);
  });

  test("leaves instances that are made from it alone", async () => {
    const world = await createWorld();
    const { api, manager } = world;
    const invoices = withClientToken("invoices", { manager })(axios.create({ baseURL: api }));
    await invoices.create().get("/list", { validateStatus: null });
    expect(presented(world)).toEqual([null]);
  });

  test("takes the place of an adapter part beneath it", async () => {
    const world = await createWorld();
    const { api, manager, server } = world;
    const adapter = clientTokenAdapter("invoices", { manager })();
    const select = ({ url }: RequestView): false | undefined => (url.endsWith("/public") ? false : undefined);
    const payments = withClientToken("payments", { manager, select })(
      axios.create({ baseURL: api, adapter }),
    );
    await payments.get("/list");
    await payments.get("/public", { validateStatus: null });
    expect(server.requests).toHaveLength(1);
    expect(presented(world)).toEqual([...bearers(world), null]);
  });

  test("adds no turn of the event loop where the token is at hand", async () => {
    const { manager } = await createWorld();
    await manager.getToken("invoices");
    let sent = false;
    const adapter: AxiosAdapter = async (config) => {
      sent = true;
      return { data: "", status: 200, statusText: "OK", headers: {}, config };
    };
    const config = {
      url: "https://api.company.com/list",
      method: "get",
      headers: new axios.AxiosHeaders(),
    };

    const sending = clientTokenAdapter("invoices", { manager })(adapter)(config);

    expect(sent).toBe(true);
    await sending;

    sent = false;
    const instance = withClientToken("invoices", { manager })(axios.create({ adapter }));
    const calling = instance.request(config);
    expect(sent).toBe(true);
    await calling;
  });
});
