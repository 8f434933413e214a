import { describe, expect, test } from "vitest";
import { createWorld } from "../support/world.ts";

const text = "a=1&b=ü€";
const bytes = new TextEncoder().encode(text);
const form = (): FormData => {
  const data = new FormData();
  data.set("name", "ü€");
  data.append("file", new File([bytes], "list.txt", { type: "text/plain" }));
  return data;
};

describe("a 401 is repaired with the same body", () => {
  test.each<[what: string, init: () => RequestInit]>([
    ["a string", () => ({ body: text })],
    ["an empty string", () => ({ body: "" })],
    ["no body", () => ({})],
    ["URLSearchParams", () => ({ body: new URLSearchParams({ a: "1", b: "ü€" }) })],
    ["a Blob", () => ({ body: new Blob([bytes], { type: "text/plain" }) })],
    ["a File", () => ({ body: new File([bytes], "list.txt", { type: "text/plain" }) })],
    ["an ArrayBuffer", () => ({ body: bytes.buffer.slice(0) })],
    ["a typed array", () => ({ body: bytes.slice() })],
    ["a DataView", () => ({ body: new DataView(bytes.buffer) })],
    ["a Buffer", () => ({ body: Buffer.from(text) })],
  ])("%s", async (_, init) => {
    const { invoicesFetch, api, server, seen } = await createWorld();
    await invoicesFetch(api);
    server.revoke();
    const response = await invoicesFetch(api, { ...init(), method: "POST" });

    expect(response.status).toBe(200);
    const [, first, second] = seen;
    expect(second?.body).toBe(first?.body);
    expect(second?.method).toBe("POST");
    expect(second?.headers.get("content-type")).toBe(first?.headers.get("content-type"));
    expect(second?.headers.get("content-length")).toBe(first?.headers.get("content-length"));
    expect(second?.authorization).not.toBe(first?.authorization);
  });

  test("a FormData, with the same fields", async () => {
    const { invoicesFetch, api, server, seen } = await createWorld();
    await invoicesFetch(api);
    server.revoke();
    const response = await invoicesFetch(api, { method: "POST", body: form() });

    expect(response.status).toBe(200);
    const fields = await Promise.all(
      seen.slice(1).map(async ({ body, headers }) => {
        const received = await new Response(body, { headers }).formData();
        const file = received.get("file");
        return [received.get("name"), file instanceof File && [file.name, file.type, await file.text()]];
      }),
    );
    expect(fields).toEqual([
      ["ü€", ["list.txt", "text/plain", text]],
      ["ü€", ["list.txt", "text/plain", text]],
    ]);
  });

  test.each<[what: string, request: (url: string) => Request]>([
    ["text", (url) => new Request(url, { method: "POST", body: text, headers: { "x-mine": "1" } })],
    [
      "a stream",
      (url) =>
        new Request(url, {
          method: "POST",
          body: new Blob([bytes]).stream(),
          headers: { "x-mine": "1" },
          duplex: "half",
        } as RequestInit),
    ],
    ["nothing", (url) => new Request(url, { method: "DELETE", headers: { "x-mine": "1" } })],
  ])("a Request that carries %s", async (_, build) => {
    const { invoicesFetch, api, server, seen } = await createWorld();
    await invoicesFetch(api);
    server.revoke();
    const response = await invoicesFetch(build(`${api}/list?page=2`));

    expect(response.status).toBe(200);
    const [, first, second] = seen;
    expect(second).toMatchObject({ method: first?.method, url: `${api}/list?page=2`, body: first?.body });
    expect(second?.headers.get("x-mine")).toBe("1");
    expect(second?.headers.get("content-type")).toBe(first?.headers.get("content-type"));
  });

  test("a large Request", async () => {
    const { invoicesFetch, api, server, seen } = await createWorld();
    await invoicesFetch(api);
    server.revoke();
    const response = await invoicesFetch(new Request(api, { method: "PUT", body: "x".repeat(2_000_000) }));
    expect(response.status).toBe(200);
    expect(seen.map(({ body }) => body.length)).toEqual([0, 2_000_000, 2_000_000]);
  });

  test("a Request whose body the init replaces", async () => {
    const { invoicesFetch, api, server, seen } = await createWorld();
    await invoicesFetch(api);
    server.revoke();
    const request = new Request(api, { method: "POST", body: "the Request's" });
    expect((await invoicesFetch(request, { body: "the init's" })).status).toBe(200);
    expect(seen.slice(1).map(({ body }) => body)).toEqual(["the init's", "the init's"]);
  });
});

describe("a body that can be read only once surfaces the 401 untouched", () => {
  const iterable = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  test.each<[what: string, body: () => unknown]>([
    ["a stream", () => new Blob([bytes]).stream()],
    ["an async iterable", iterable],
  ])("%s", async (_, body) => {
    const { invoicesFetch, api, server, seen } = await createWorld();
    await invoicesFetch(api);
    server.revoke();
    const init = { method: "POST", body: body(), duplex: "half" } as RequestInit;
    const response = await invoicesFetch(api, init);

    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(await response.text()).toBe("refused");
    expect(seen.slice(1).map((request) => request.body)).toEqual([text]);
  });

  test("and a stream that meets no 401 arrives whole", async () => {
    const { invoicesFetch, api, seen } = await createWorld();
    const body = new Blob([bytes]).stream();
    const response = await invoicesFetch(api, { method: "POST", body, duplex: "half" } as RequestInit);
    expect(response.status).toBe(200);
    expect(seen[0]?.body).toBe(text);
  });
});
