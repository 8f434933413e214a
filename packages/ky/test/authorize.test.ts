import { describe, expect, test } from "vitest";
import { withClientToken as forKyTwo } from "../src/index.ts";
import { majors } from "./support/majors.ts";
import { createWorld, ok, unavailable } from "./support/world.ts";

describe.each(majors)("$name: every request carries the token", ({ ky, withClientToken }) => {
  test("of an extended instance, of a created one, and of a single call", async () => {
    const { api, manager, server } = await createWorld();
    const options = withClientToken("invoices", { manager });

    await ky.extend(options).get(api);
    await ky.create({ ...options, headers: { "x-test": "1" } }).post(api, { json: { a: 1 } });
    await ky(api, options);

    const bearer = `Bearer ${server.issued[0]}`;
    expect(server.presented).toEqual([bearer, bearer, bearer]);
    expect(server.requests).toHaveLength(1);
  });

  test("by a handle as well as by a name", async () => {
    const { api, manager, server } = await createWorld();
    await ky.extend(withClientToken(manager.client("payments"))).get(api);
    expect(server.presented).toEqual([`Bearer ${server.issued[0]}`]);
  });

  test("50 concurrent cold calls make one token request", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));

    const responses = await Promise.all(Array.from({ length: 50 }, () => invoices.get(api)));

    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(server.requests).toHaveLength(1);
  });

  test("a header that the caller set stays, also on retries, and its 401 is the caller's", async () => {
    const { api, manager, server, seen, answerNext } = await createWorld();
    const invoices = ky.extend(withClientToken("invoices", { manager }));
    const options = { headers: { Authorization: "Basic abc" }, retry: { delay: () => 0 } };

    answerNext(unavailable, ok);
    await invoices.get(api, options);
    await invoices.get(new Request(api, { headers: options.headers })).catch(() => {});

    expect(seen.map(({ authorization }) => authorization)).toEqual(["Basic abc", "Basic abc", "Basic abc"]);
    expect(server.requests).toHaveLength(0);
  });

  test("and nothing of the caller's is changed", async () => {
    const { api, manager } = await createWorld();
    const options = Object.freeze({ ...withClientToken("invoices", { manager }), headers: new Headers() });
    const request = new Request(api);

    await ky.get(request, options);

    expect([...request.headers.keys(), ...options.headers.keys()]).toEqual([]);
  });
});

test("a token that is at hand is put on at once", async () => {
  const { manager } = await createWorld();
  const { beforeRequest } = forKyTwo("invoices", { manager }).hooks;
  const { authorization } = await manager.getToken("invoices");
  const options = { context: {}, retry: {} };

  const request = new Request("https://api.test/");
  expect(beforeRequest[0]({ request, options, retryCount: 0 })).toBeUndefined();
  expect(request.headers.get("authorization")).toBe(authorization);

  const inTheFormOfKyOne = new Request("https://api.test/");
  expect(beforeRequest[0](inTheFormOfKyOne, options, { retryCount: 0 })).toBeUndefined();
  expect(inTheFormOfKyOne.headers.get("authorization")).toBe(authorization);
});
