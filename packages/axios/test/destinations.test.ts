import type { AxiosRequestConfig } from "axios";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { versions } from "./support/versions.ts";
import { combinations } from "./support/ways.ts";
import { bearers, createWorld, presented, unauthorized, type Answer } from "./support/world.ts";

const redirectTo =
  (url: string): Answer =>
  () =>
    new Response(null, { status: 307, headers: { location: url } });

describe.each(combinations)("$name: tokens go where they belong", ({ create }) => {
  test("an absolute URL against the base URL gets no token", async () => {
    const world = await createWorld();
    const { api, elsewhere, manager, events } = world;
    const invoices = create("invoices", { manager }, { baseURL: api, validateStatus: null });

    await invoices.get(`${elsewhere}/list`);
    await invoices.get(`${api}/list`);

    expect(presented(world)).toEqual([null, ...bearers(world)]);
    expect(events).toContainEqual({ type: "token-withheld", client: "invoices", origin: elsewhere });
  });

  test("with `allowAbsoluteUrls: false` there is no such URL", async () => {
    const world = await createWorld();
    const invoices = create(
      "invoices",
      { manager: world.manager },
      { baseURL: world.api, allowAbsoluteUrls: false },
    );
    await invoices.get(`${world.elsewhere}/list`);
    expect(presented(world)).toEqual(bearers(world));
    expect(world.seen[0]?.path).toBe(`/${world.elsewhere}/list`);
  });

  test("the client's `origins` win over the base URL", async () => {
    const world = await createWorld();
    const { api, elsewhere } = world;
    const client = world.register({ origins: [elsewhere] });
    const another = create(client, {}, { baseURL: api, validateStatus: null });

    await another.get("/list");
    await another.get(`${elsewhere}/list`);

    expect(presented(world)).toEqual([null, ...bearers(world)]);
  });

  test("without a base URL and `origins`, core's rule for all others holds", async () => {
    const world = await createWorld();
    const invoices = create("invoices", { manager: world.manager });

    await invoices.get(`${world.api}/list`);
    const insecure = invoices.get("http://api.company.test/list");

    await expect(insecure).rejects.toMatchObject({ code: "ERR_TOKEN_ORIGIN" });
    expect(presented(world)).toEqual(bearers(world));
    expect(world.events).toContainEqual({ type: "origin-unguarded", client: "invoices" });
  });

  test("a redirect within the origin keeps the token, also of the second try", async () => {
    const world = await createWorld();
    const { api, manager, server, answerNext } = world;
    await manager.getToken("invoices");
    server.revoke();
    answerNext(redirectTo(`${api}/b`), unauthorized, redirectTo(`${api}/b`));

    await create("invoices", { manager }, { baseURL: api }).get("/a");

    const [old, replacement] = bearers(world);
    expect(presented(world)).toEqual([old, old, replacement, replacement]);
  });

  test("a redirect to another origin leaves it behind, also of the second try", async () => {
    const world = await createWorld();
    const { api, elsewhere, manager, answerNext } = world;
    answerNext(unauthorized, redirectTo(`${elsewhere}/b`), unauthorized);

    await create("invoices", { manager }, { baseURL: api }).get("/a", { validateStatus: null });

    expect(presented(world)).toEqual([...bearers(world), null]);
  });
});

// The fetch adapter does not tell where an answer came from.
describe.each(combinations.filter(({ adapter }) => adapter === "http"))("$name", ({ create }) => {
  test("a 401 from behind a redirect to another origin is not about the token", async () => {
    const world = await createWorld();
    const { api, elsewhere, manager, server, answerNext } = world;
    answerNext(redirectTo(`${elsewhere}/b`), unauthorized);

    const calling = create("invoices", { manager }, { baseURL: api }).get("/a");

    await expect(calling).rejects.toMatchObject({ status: 401 });
    expect(presented(world)).toEqual([...bearers(world), null]);
    expect(server.requests).toHaveLength(1);
  });
});

describe.each(versions)("Axios $axios.VERSION", ({ axios, withClientToken, clientTokenAdapter }) => {
  test("the instance's base URL counts, not the request's", async () => {
    const world = await createWorld();
    const { api, elsewhere, manager } = world;
    const invoices = withClientToken("invoices", { manager })(axios.create({ baseURL: api }));

    await invoices.get("/list", { baseURL: elsewhere, validateStatus: null });
    invoices.defaults.baseURL = elsewhere;
    await invoices.get("/list");

    expect(presented(world)).toEqual([null, ...bearers(world)]);
  });

  test("the URL that is judged is the one that Axios requests", async () => {
    const { manager } = await createWorld();
    const judged: string[] = [];
    const select = ({ url }: { readonly url: string }): false => {
      judged.push(url);
      return false;
    };
    const requested: string[] = [];
    const instance = axios.create({
      adapter: clientTokenAdapter("invoices", { manager, select })(async (config) => {
        requested.push(axios.getUri(config));
        return { data: "", status: 200, statusText: "OK", headers: {}, config };
      }),
    });
    const urls = ["", "list", "/list", "//b.test/x", "https://b.test/x", "HTTPS://b.test", "ftp://b.test/"];
    const odd = ["///b.test", "/\\b.test", "\\\\b.test/x", " https://b.test/x", "a:b", "?a=1", "@b.test/x"];
    const bases = [undefined, "", "https://a.test", "https://a.test/v1/", "https://a.test/?q=", "/api/"];
    const allowances = [undefined, true, false];
    const configs = [...urls, ...odd].flatMap((url) =>
      bases.flatMap((baseURL) =>
        allowances.map((allowAbsoluteUrls) => ({ url, baseURL, allowAbsoluteUrls }) as AxiosRequestConfig),
      ),
    );

    await Promise.all(configs.map((config) => instance.request(config)));

    expect(judged).toHaveLength(configs.length);
    expect(judged).toEqual(requested);
  });

  test("a URL object is understood as Axios understands it", async () => {
    const world = await createWorld();
    const { api, manager } = world;
    const invoices = withClientToken("invoices", { manager })(axios.create());
    const url: unknown = new URL(`${api}/list`);
    await invoices.request({ url } as AxiosRequestConfig);
    expect(presented(world)).toEqual(bearers(world));
  });

  test("a request through a socket goes by its base URL", async () => {
    const { manager, server } = await createWorld();
    const seen: unknown[] = [];
    const api = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    const socketPath = join(await mkdtemp(join(tmpdir(), "client-token-")), "api.sock");
    await once(api.listen(socketPath), "listening");
    onTestFinished(async () => {
      await once(api.close(), "close");
      await rm(dirname(socketPath), { recursive: true });
    });
    const config = { baseURL: "http://localhost", socketPath };
    await withClientToken("invoices", { manager })(axios.create(config)).get("/list");
    expect(seen).toEqual(bearers({ server }));
  });
});
