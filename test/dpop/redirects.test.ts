import { describe, expect, test } from "vitest";
import { createDpopWorld, redirect } from "../../packages/core/test/support/dpop-world.ts";
import { drivers } from "./support/drivers.ts";

const statuses = [301, 302, 303, 307, 308];

describe.each(drivers)("through $name, a redirect", ({ connect }) => {
  test.each(statuses)("to another origin takes along neither token nor proof: %i", async (status) => {
    const { api, elsewhere, manager } = await createDpopWorld();
    const call = connect(manager);
    for (const method of ["GET", "POST"]) {
      api.answerNext(redirect(status, `${elsewhere.url}/download?signed=1`));
      const body = method === "POST" ? { body: "content" } : {};
      expect(await call(`${api.url}/list`, { method, ...body })).toEqual({ status: 200, body: "elsewhere" });
    }
    expect(elsewhere.seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ["GET", `${elsewhere.url}/download?signed=1`, ""],
      status >= 307
        ? ["POST", `${elsewhere.url}/download?signed=1`, "content"]
        : ["GET", `${elsewhere.url}/download?signed=1`, ""],
    ]);
    for (const { headers } of elsewhere.seen) {
      expect([headers.get("authorization"), headers.get("dpop")]).toEqual([null, null]);
    }
  });

  test.each(statuses)("within the origin has a proof of its own: %i", async (status) => {
    const { api, manager } = await createDpopWorld();
    const call = connect(manager);
    api.answerNext(redirect(status, "/new?page=1"));

    const { body } = await call(`${api.url}/old`, { method: "POST", body: "content" });

    const kept = { method: "POST", body: "content" };
    expect(JSON.parse(body)).toEqual(status >= 307 ? kept : { method: "GET", body: "" });
    expect(api.refusals).toEqual([]);
    expect(api.seen.map(({ url }) => url)).toEqual([`${api.url}/old`, `${api.url}/new?page=1`]);
    expect(api.seen[1]?.headers.get("content-type")).toBe(status >= 307 ? "text/plain" : null);
  });

  test("within the origin is repaired like any other request", async () => {
    const { api, sts, revoke, manager } = await createDpopWorld();
    const call = connect(manager);
    await call(api.url);
    revoke();
    api.askForNonces("rotating");
    api.answerNext(redirect(307, "/new"));

    const { body } = await call(`${api.url}/old`, { method: "PUT", body: "content" });

    expect(JSON.parse(body)).toEqual({ method: "PUT", body: "content" });
    expect(sts.seen).toHaveLength(2);
    expect(api.refusals, "the redirect had brought the nonce").toEqual(["invalid_token: unknown"]);
  });

  test("back from another origin goes without", async () => {
    const { api, elsewhere, manager } = await createDpopWorld();
    api.answerNext(redirect(302, elsewhere.url), () => new Response("unchecked"));
    elsewhere.answerNext(redirect(302, `${api.url}/back`));

    expect(await connect(manager)(api.url)).toEqual({ status: 200, body: "unchecked" });
    expect([api.seen[1]?.headers.get("authorization"), api.seen[1]?.headers.get("dpop")]).toEqual([
      null,
      null,
    ]);
  });

  test("that another origin answers with a 401 is not about the token", async () => {
    const { api, sts, elsewhere, manager } = await createDpopWorld();
    api.answerNext(redirect(302, elsewhere.url));
    elsewhere.answerNext(() => new Response("who?", { status: 401 }));

    expect(await connect(manager)(api.url)).toEqual({ status: 401, body: "who?" });
    expect(sts.seen).toHaveLength(1);
  });

  test("whose body is a spent stream is the caller's", async () => {
    const { api, manager } = await createDpopWorld();
    api.answerNext(redirect(307, "/new"));
    const call = connect(manager);
    const body = new Blob(["content"]).stream();
    expect((await call(api.url, { method: "POST", body })).status).toBe(307);
    expect(api.seen).toHaveLength(1);
  });

  test("to nowhere is the caller's", async () => {
    const { api, manager } = await createDpopWorld();
    const call = connect(manager);
    for (const location of ["http://[", "mailto:a@b", "http://user:word@127.0.0.1/"]) {
      api.answerNext(redirect(302, location));
      expect((await call(api.url)).status).toBe(302);
    }
    expect(api.seen).toHaveLength(3);
  });
});
