import type { AxiosInstance, InternalAxiosRequestConfig } from "axios";
import { describe, expect, test } from "vitest";
import { versions, type Version } from "./support/versions.ts";
import { bearers, createWorld, presented, type World } from "./support/world.ts";

type RequestInterceptor = (config: InternalAxiosRequestConfig) => InternalAxiosRequestConfig;

/** An instance with the two parts, and a request interceptor that runs after them, since Axios reverses these. */
function withParts(
  { axios, clientTokenInterceptors }: Version,
  { api, manager }: World,
  later: RequestInterceptor,
): AxiosInstance {
  const instance = axios.create({ baseURL: api });
  const { request, response } = clientTokenInterceptors("invoices", { manager });
  instance.interceptors.request.use(later);
  instance.interceptors.request.use(...request);
  instance.interceptors.response.use(...response);
  return instance;
}

describe.each(versions)("Axios $axios.VERSION: the interceptor parts", (version) => {
  test("show the token to request interceptors that come later, and to no one else", async () => {
    const world = await createWorld();
    const heard: unknown[] = [];
    const invoices = withParts(version, world, (config) => {
      heard.push(config.headers.get("authorization"));
      config.headers.set("x-signature", "signed");
      return config;
    });
    invoices.interceptors.response.use((answer) => {
      heard.push(answer.config.headers.get("authorization"));
      return answer;
    });

    await invoices.get("/list");

    const [bearer] = bearers(world);
    expect(heard).toEqual([bearer, undefined]);
    expect(world.seen[0]?.headers.get("x-signature")).toBe("signed");
  });

  test("stand a config and headers that other interceptors have built anew", async () => {
    const world = await createWorld();
    const anew: RequestInterceptor = (config) => ({ ...config, headers: Object.assign({}, config.headers) });
    const invoices = withParts(version, world, anew);
    invoices.interceptors.request.use(anew);
    await world.manager.getToken("invoices");
    world.server.revoke();

    expect((await invoices.get("/list")).status).toBe(200);

    expect(presented(world)).toEqual(bearers(world));
  });

  test("stand them also where the call is given up before it is sent", async () => {
    const controller = new AbortController();
    const invoices = withParts(version, await createWorld(), (config) => {
      controller.abort();
      return { ...config, headers: Object.assign({}, config.headers) };
    });
    const failure = await invoices
      .get("/list", { signal: controller.signal })
      .catch((error: unknown) => error);
    expect(version.axios.isCancel(failure)).toBe(true);
  });

  test("leave alone a header that another interceptor has put in place of theirs", async () => {
    const world = await createWorld();
    const invoices = withParts(version, world, (config) => {
      config.headers.set("authorization", "Basic abc");
      return config;
    });

    await expect(invoices.get("/list")).rejects.toMatchObject({ status: 401 });

    expect(presented(world)).toEqual(["Basic abc"]);
    expect(world.server.requests, "its 401 was not about the token").toHaveLength(1);
  });

  test("pass on what other interceptors throw", async () => {
    const world = await createWorld();
    const mine = new Error("mine");
    const invoices = withParts(version, world, () => {
      throw mine;
    });
    expect(await invoices.get("/list").catch((error: unknown) => error)).toBe(mine);
  });
});
