import type { AxiosError, AxiosInstance } from "axios";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { combinations } from "./support/ways.ts";
import { bearers, createWorld, presented, unauthorized, type Answer } from "./support/world.ts";

const broken: Answer = () => new Response("broken", { status: 500 });

describe.each(combinations)("$name: what the caller gets holds no token", ({ create, axios }) => {
  test("neither the config of an answer nor that of an error, also after a second try", async () => {
    const { api, manager, server, answerNext } = await createWorld();
    const invoices = create("invoices", { manager }, { baseURL: api });

    const configs: unknown[] = [(await invoices.get("/list")).config];
    answerNext(unauthorized);
    configs.push((await invoices.get("/list")).config);
    answerNext(broken);
    configs.push(
      await invoices.get("/list").catch(({ config, ...error }: AxiosError) => [config, error.message]),
    );

    for (const text of [JSON.stringify(configs), inspect(configs, { depth: 9, showHidden: true })]) {
      for (const secret of server.issued) expect(text).not.toContain(secret);
    }
  });

  test("nor an error that is serialised", async () => {
    const { api, manager, server, answerNext } = await createWorld();
    const invoices = create("invoices", { manager }, { baseURL: api });
    answerNext(unauthorized, unauthorized, broken);

    const failures = [await failureOf(invoices), await failureOf(invoices, "http://127.0.0.1:1/unreachable")];

    expect(failures.map((failure) => axios.isAxiosError(failure))).toEqual([true, true]);
    for (const secret of server.issued) expect(JSON.stringify(failures)).not.toContain(secret);
  });

  test("so that whoever tries again with an error's config gets the token of then", async () => {
    const world = await createWorld();
    const { api, manager, answerNext } = world;
    const invoices = create("invoices", { manager }, { baseURL: api });
    invoices.interceptors.response.use(undefined, async (error: AxiosError) => {
      await manager.deleteToken("invoices");
      return invoices.request(error.config ?? {});
    });
    answerNext(broken);

    const { status } = await invoices.post("/list", { a: 1 });

    expect(status).toBe(200);
    expect(presented(world)).toEqual(bearers(world));
    expect(world.seen.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}']);
  });
});

function failureOf(instance: AxiosInstance, url = "/list"): Promise<unknown> {
  return instance.get(url).catch((error: unknown) => error);
}
