import type { AxiosResponse } from "axios";
import FormDataPackage from "form-data";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { combinations } from "./support/ways.ts";
import { bearers, createWorld, presented, unauthorized } from "./support/world.ts";

const form = (): FormData => {
  const fields = new FormData();
  fields.append("a", "1");
  fields.append("file", new Blob(["content"], { type: "text/plain" }), "file.txt");
  return fields;
};

const bodies: readonly { readonly body: string; readonly make: () => unknown; readonly text: string }[] = [
  { body: "a string", make: () => "content", text: "content" },
  { body: "URLSearchParams", make: () => new URLSearchParams({ a: "1", b: "&" }), text: "a=1&b=%26" },
  { body: "a Blob", make: () => new Blob(["content"], { type: "text/plain" }), text: "content" },
  { body: "a JSON object", make: () => ({ a: [1, "ü"] }), text: '{"a":[1,"ü"]}' },
  { body: "a Buffer", make: () => Buffer.from("content"), text: "content" },
  { body: "an ArrayBuffer", make: () => new TextEncoder().encode("content").buffer, text: "content" },
  { body: "a typed array", make: () => new TextEncoder().encode("content"), text: "content" },
  { body: "no body", make: () => undefined, text: "" },
];

describe.each(combinations)("$name: a 401 is repaired once", ({ create, adapter, axios }) => {
  test.each(bodies)("with the same body: $body", async ({ make, text }) => {
    const world = await createWorld();
    const { api, manager, server, seen } = world;
    await manager.getToken("invoices");
    server.revoke();

    const response = await create("invoices", { manager }, { baseURL: api }).post("/list", make());

    expect(response.status).toBe(200);
    expect(seen.map(({ body }) => body)).toEqual([text, text]);
    expect(seen[1]?.headers.get("content-type")).toBe(seen[0]?.headers.get("content-type"));
    expect(presented(world)).toEqual(bearers(world));
  });

  test("with the same fields: FormData", async () => {
    const { api, manager, server, seen } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();

    // `post` gives a form the wrong content type where the fetch adapter sends it.
    await create("invoices", { manager }, { baseURL: api }).postForm("/list", form());

    const fields = [
      ["a", "1"],
      ["file", "file.txt", "text/plain", "content"],
    ];
    expect(await Promise.all(seen.map((request) => request.form()))).toEqual([fields, fields]);
  });

  test("also where `validateStatus` makes the 401 a value", async () => {
    const { api, manager, server, seen } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();

    const invoices = create("invoices", { manager }, { baseURL: api, validateStatus: null });

    expect((await invoices.get("/list")).status).toBe(200);
    expect(seen).toHaveLength(2);
  });

  test("for 20 concurrent calls with one token request", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = create("invoices", { manager }, { baseURL: api });
    await invoices.get("/list");
    server.revoke();

    const responses = await Promise.all(Array.from({ length: 20 }, () => invoices.get("/list")));

    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(server.requests).toHaveLength(2);
  });

  test.each(["stream", "arraybuffer"] as const)("also for an answer wanted as %s", async (responseType) => {
    const { api, manager, server } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();
    const invoices = create("invoices", { manager }, { baseURL: api, responseType });
    const { data } = await invoices.get<BodyInit>("/list");
    const text =
      responseType === "stream" && adapter === "http" ? await read(data) : new Response(data).text();
    expect(await text).toContain('"method":"GET"');
  });

  test("an API that answers 401 to everything sees two requests, and the caller its answer", async () => {
    const { api, manager, server, seen, answerNext } = await createWorld();
    const invoices = create("invoices", { manager }, { baseURL: api });
    answerNext(unauthorized, unauthorized);

    const failure = await invoices.get("/list").catch((error: unknown) => error);

    expect(axios.isAxiosError(failure)).toBe(true);
    expect(failure).toMatchObject({ status: 401, response: { data: "refused" } });
    expect(seen).toHaveLength(2);
    expect(server.requests).toHaveLength(2);
  });

  test("likewise where `validateStatus` makes them values", async () => {
    const { api, manager, seen, answerNext } = await createWorld();
    const invoices = create("invoices", { manager }, { baseURL: api, validateStatus: null });
    answerNext(unauthorized, unauthorized);
    expect(await invoices.get("/list")).toMatchObject({ status: 401, data: "refused" });
    expect(seen).toHaveLength(2);
  });

  test("if no other token can be had, the API's own answer surfaces", async () => {
    const { api, manager, server, seen } = await createWorld();
    const invoices = create("invoices", { manager }, { baseURL: api });
    await invoices.get("/list");
    server.revoke();
    server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));

    await expect(invoices.get("/list")).rejects.toMatchObject({ name: "AxiosError", status: 401 });

    expect(seen).toHaveLength(2);
  });

  test("answers other than 401 are the caller's", async () => {
    const { api, manager, server, seen, answerNext } = await createWorld();
    answerNext(() => new Response("no", { status: 403 }));
    const calling = create("invoices", { manager }, { baseURL: api }).get("/list");
    await expect(calling).rejects.toMatchObject({ status: 403 });
    expect(seen).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
  });

  test("other interceptors and transforms run once, and see the repaired answer", async () => {
    const { api, manager, server, seen } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();
    let transformed = 0;
    const invoices = create(
      "invoices",
      { manager },
      { baseURL: api, transformRequest: (data: string) => `${data}:${++transformed}` },
    );
    const heard: string[] = [];
    invoices.interceptors.request.use((config) => {
      heard.push("request");
      return config;
    });
    // A usual one, which finds nothing to unwrap if it runs twice.
    invoices.interceptors.response.use((response) => {
      heard.push(`response ${response.status}`);
      return response.data as AxiosResponse;
    });

    const data: unknown = await invoices.post("/list", "content");

    expect(data).toMatchObject({ body: "content:1" });
    expect(heard).toEqual(["request", "response 200"]);
    expect(seen.map(({ body }) => body)).toEqual(["content:1", "content:1"]);
  });

  describe("a body that cannot be sent twice", () => {
    const spent: readonly { body: string; only?: "http" | "fetch"; make: () => unknown }[] = [
      { body: "a Node stream", make: () => Readable.from([Buffer.from("content")]) },
      {
        body: "a web stream",
        only: "fetch",
        make: () => new Blob(["content"]).stream(),
      },
      {
        body: "a web stream of Safari, which cannot be iterated",
        only: "fetch",
        make: () => Object.assign(new Blob(["content"]).stream(), { [Symbol.asyncIterator]: undefined }),
      },
      {
        body: "an async iterable",
        only: "fetch",
        make: async function* content() {
          yield Buffer.from("content");
        },
      },
      {
        body: "a form of the form-data package",
        make: () => {
          const fields = new FormDataPackage();
          fields.append("a", "1");
          return fields;
        },
      },
    ];

    test.each(spent.filter(({ only = adapter }) => only === adapter))(
      "surfaces the 401 untouched: $body",
      async ({ make }) => {
        const { api, manager, server, seen } = await createWorld();
        const invoices = create("invoices", { manager }, { baseURL: api, transformRequest: [] });
        await invoices.get("/list");
        server.revoke();

        const calling = invoices.post("/list", make());

        await expect(calling).rejects.toMatchObject({ name: "AxiosError", status: 401 });
        expect(seen).toHaveLength(2);
        expect((await invoices.get("/list")).status, "the next call has another token").toBe(200);
        expect(seen).toHaveLength(3);
        expect(server.requests).toHaveLength(2);
      },
    );

    test("surfaces the 401 untouched: postForm", async () => {
      const { api, manager, server, seen } = await createWorld();
      const invoices = create("invoices", { manager }, { baseURL: api });
      await manager.getToken("invoices");
      server.revoke();
      await expect(invoices.postForm("/list", { a: "1" })).rejects.toMatchObject({ status: 401 });
      expect(seen).toHaveLength(1);
    });
  });
});

async function read(stream: unknown): Promise<string> {
  const chunks = stream instanceof Readable ? await stream.toArray() : [];
  return Buffer.concat(chunks.filter((chunk) => Buffer.isBuffer(chunk))).toString();
}
