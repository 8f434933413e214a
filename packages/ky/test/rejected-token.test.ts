import type { TokenChoice } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { requestState } from "../src/hook-state.ts";
import { majors } from "./support/majors.ts";
import { createWorld, ok, unavailable } from "./support/world.ts";

const refused = { name: "HTTPError", response: { status: 401 } };
const refusal = (): Response => new Response(null, { status: 401 });

describe.each(majors)("$name: a 401 is repaired once", ({ ky, withClientToken }) => {
  test("at once, whatever ky's rules for other retries are", async () => {
    const { api, manager, server, seen } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();

    const response = await ky.post(api, {
      ...withClientToken("invoices", { manager }),
      json: { a: 1 },
      retry: { limit: 1, methods: [], delay: () => 60_000 },
    });

    expect(response.status).toBe(200);
    expect(seen.map(({ authorization }) => authorization)).toEqual(
      server.issued.map((token) => `Bearer ${token}`),
    );
  });

  test("for 20 concurrent calls with one token request", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));
    await invoices.get(api);
    server.revoke();

    const responses = await Promise.all(Array.from({ length: 20 }, () => invoices.get(api)));

    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(server.requests).toHaveLength(2);
  });

  test("also where HTTP errors are not thrown", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = ky.extend({ ...withClientToken("invoices", { manager }), throwHttpErrors: false });
    await invoices.get(api);
    server.revoke();
    expect((await invoices.get(api)).status).toBe(200);
  });

  test("also after a 503", async () => {
    const { api, manager, server, seen, answerNext } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();
    answerNext(unavailable);

    const options = { ...withClientToken("invoices", { manager }), retry: { limit: 2, delay: () => 0 } };
    const response = await ky.get(api, options);

    expect(response.status).toBe(200);
    const [old, replacement] = server.issued.map((token) => `Bearer ${token}`);
    expect(seen.map(({ authorization }) => authorization)).toEqual([old, old, replacement]);
  });

  test("and never a second time in the same call", async () => {
    const { api, manager, server, seen, clock, answerNext } = await createWorld();
    const muchLater = async (): Promise<Response> => {
      await clock.advance(60_000);
      return new Response(null, { status: 503 });
    };
    answerNext(refusal, muchLater, refusal, ok);
    const options = { ...withClientToken("invoices", { manager }), retry: { limit: 5, delay: () => 0 } };

    await expect(ky.get(api, options)).rejects.toMatchObject(refused);

    expect(seen).toHaveLength(3);
    expect(server.requests).toHaveLength(2);
  });

  test("with the token that replaced it, even if every call forces a renewal", async () => {
    const { api, manager, server } = await createWorld();
    await manager.getToken("invoices");
    server.answerNext(() =>
      Response.json({ access_token: "unknown-to-the-api", token_type: "Bearer", expires_in: 3600 }),
    );
    const select = (): TokenChoice => ({ forceRenewal: true });

    await ky.get(api, withClientToken("invoices", { manager, select }));

    expect(server.presented).toEqual(["Bearer unknown-to-the-api", `Bearer ${server.issued[1]}`]);
    expect(server.requests).toHaveLength(3);
  });

  test("also where a later hook has put another request in place of ky's", async () => {
    const { api, manager, server, seen } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();
    const signed = ky.extend(withClientToken("invoices", { manager })).extend({
      hooks: {
        beforeRequest: [
          (...args) => {
            const { request } = requestState(args);
            return request.url.endsWith("signed") ? undefined : new Request(`${request.url}?signed`, request);
          },
        ],
      },
    });

    expect((await signed.get(api)).status).toBe(200);

    expect(seen.map(({ url, authorization }) => [url, authorization])).toEqual(
      server.issued.map((token) => [`${api}/?signed`, `Bearer ${token}`]),
    );
  });

  test("but not against a header that a beforeRetry hook has set", async () => {
    const { api, manager, server } = await createWorld();
    await manager.getToken("invoices");
    server.revoke();
    const fallback = ky.extend({
      throwHttpErrors: false,
      hooks: { beforeRetry: [({ request }) => request.headers.set("authorization", "Basic abc")] },
    });

    await fallback.extend(withClientToken("invoices", { manager })).get(api);

    expect(server.presented).toEqual([`Bearer ${server.issued[0]}`, "Basic abc"]);
  });

  test("an API that always answers 401 sees two requests, and its 401 is ky's own error", async () => {
    const { api, manager, server, seen, answerNext } = await createWorld();
    answerNext(refusal, refusal, refusal);
    await expect(ky.get(api, withClientToken("invoices", { manager }))).rejects.toMatchObject(refused);
    expect(seen).toHaveLength(2);
    expect(server.requests).toHaveLength(2);
  });
});
