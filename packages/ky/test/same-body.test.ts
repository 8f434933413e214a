import { describe, expect, test } from "vitest";
import { majors, type CallOptions } from "./support/majors.ts";
import { createWorld } from "./support/world.ts";

function form(): FormData {
  const fields = new FormData();
  fields.set("name", "München");
  fields.set("file", new Blob(["a,b\n1,2\n"], { type: "text/csv" }), "list.csv");
  return fields;
}

function stream(): ReadableStream<Uint8Array> {
  return new Blob(["one ", "two"]).stream();
}

describe.each(majors)("$name: a 401 is repaired with the same body", ({ ky, withClientToken }) => {
  test.each<[string, () => Pick<CallOptions, "body" | "duplex" | "json">]>([
    ["a string", () => ({ body: "text" })],
    ["JSON", () => ({ json: { a: [1, "ü"] } })],
    ["URLSearchParams", () => ({ body: new URLSearchParams({ a: "1 2", b: "&" }) })],
    ["a Blob", () => ({ body: new Blob(["blob"], { type: "text/csv" }) })],
    ["bytes", () => ({ body: new TextEncoder().encode("bytes") })],
    ["FormData", () => ({ body: form() })],
    ["a stream", () => ({ body: stream(), duplex: "half" })],
  ])("%s", async (_, init) => {
    const { api, manager, server, seen } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();

    const response = await ky.post(api, { ...withClientToken("invoices", { manager }), ...init() });

    expect(response.status).toBe(200);
    const [first, second] = seen;
    expect(first?.body).not.toBe("");
    expect(second).toEqual({ ...first, authorization: `Bearer ${server.issued[1]}` });
  });

  test("FormData with the same fields", async () => {
    const { api, manager, server, seen } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();
    await ky.post(api, { ...withClientToken("invoices", { manager }), body: form() });

    for (const { body, contentType } of seen) {
      const fields = await new Response(body, { headers: { "content-type": contentType } }).formData();
      expect(fields.get("name")).toBe("München");
      const file = fields.get("file");
      expect(file).toMatchObject({ name: "list.csv", type: "text/csv" });
      expect(file instanceof File ? await file.text() : file).toBe("a,b\n1,2\n");
    }
    expect(seen).toHaveLength(2);
  });

  test("a Request", async () => {
    const { api, manager, server, seen } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();
    const request = new Request(`${api}/list`, {
      method: "PUT",
      body: "put",
      headers: { "content-type": "text/x-list" },
    });

    const response = await ky(request, withClientToken("invoices", { manager }));

    expect(await response.json()).toEqual({ method: "PUT", url: `${api}/list`, body: "put" });
    const [first, second] = seen;
    expect(first).toMatchObject({ body: "put", contentType: "text/x-list" });
    expect(second).toEqual({ ...first, authorization: `Bearer ${server.issued[1]}` });
  });
});
