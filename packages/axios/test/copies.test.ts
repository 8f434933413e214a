import type { AxiosInstance, AxiosStatic } from "axios";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { clientTokenInterceptors, withClientToken } from "../src/index.ts";
import { bearers, createWorld, presented, unauthorized } from "./support/world.ts";

const require = createRequire(import.meta.url);

const ways = [
  { way: "decorator", authorize: withClientToken },
  {
    way: "interceptors",
    authorize:
      (...args: Parameters<typeof clientTokenInterceptors>) =>
      (instance: AxiosInstance): AxiosInstance => {
        const { request, response } = clientTokenInterceptors(...args);
        instance.interceptors.request.use(...request);
        instance.interceptors.response.use(...response);
        return instance;
      },
  },
];

describe.each(["axios", "axios-1-16"])("an instance of another copy of Axios (%s, CommonJS)", (name) => {
  const axios = require(name) as AxiosStatic;

  test.each(ways)("gets its tokens, and 401s repaired: $way", async ({ authorize }) => {
    const world = await createWorld();
    const { api, manager, server } = world;
    await manager.getToken("invoices");
    server.revoke();
    const invoices = authorize(manager.client("invoices"))(axios.create({ baseURL: api }));

    const { status } = await invoices.post("/list", { a: 1 });

    expect(status).toBe(200);
    expect(presented(world)).toEqual(bearers(world));
    expect(world.seen.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}']);
  });

  test.each(ways)("gets errors that it knows: $way", async ({ authorize }) => {
    const { api, manager, answerNext } = await createWorld();
    const invoices = authorize(manager.client("invoices"))(axios.create({ baseURL: api }));
    answerNext(unauthorized, unauthorized);
    const failure = await invoices.get("/list").catch((error: unknown) => error);
    expect(axios.isAxiosError(failure)).toBe(true);
    expect(failure).toMatchObject({ status: 401, response: { data: "refused" } });
  });
});
