import { isTokenError } from "@client-token/core";
import kyTwo from "ky";
import { describe, expect, test } from "vitest";
import { withClientToken as forKyTwo } from "../src/index.ts";
import { majors } from "./support/majors.ts";
import { createWorld } from "./support/world.ts";

describe.each(majors)("$name: a token stays with its base URL", ({ ky, basedOn, withClientToken }) => {
  test("relative input gets it, other origins do not", async () => {
    const { api, elsewhere, manager, seen } = await createWorld();
    const invoices = basedOn(`${api}/v1`).extend(withClientToken("invoices", { manager }));

    await invoices.get("list");
    await invoices.get(new URL(`${api}/v2/list`));
    for (const url of [new URL(elsewhere), new Request(elsewhere)]) {
      await invoices.get(url, { throwHttpErrors: false });
    }

    expect(seen.map(({ authorization }) => authorization !== null)).toEqual([true, true, false, false]);
  });

  test("and the client's own origins win over it", async () => {
    const { api, elsewhere, register, seen } = await createWorld();
    const client = register({ origins: [elsewhere] });
    const invoices = basedOn(api).extend({ ...withClientToken(client), throwHttpErrors: false });

    await invoices.get("list");
    await invoices.get(new URL(elsewhere));

    expect(seen.map(({ authorization }) => authorization !== null)).toEqual([false, true]);
  });

  test("without any, it is not sent in the clear", async () => {
    const { manager } = await createWorld();
    const call = ky.get("http://api.test/", { ...withClientToken("invoices", { manager }), retry: 0 });
    await expect(call).rejects.toMatchObject({ code: "ERR_TOKEN_ORIGIN" });
    await expect(call).rejects.toSatisfy(isTokenError);
  });
});

describe("ky 2: the base is what input is resolved against", () => {
  test("baseUrl, and an absolute URL in a string passes it by", async () => {
    const { api, elsewhere, manager, seen } = await createWorld();
    const invoices = kyTwo.create({
      baseUrl: new URL(api),
      ...forKyTwo("invoices", { manager }),
      throwHttpErrors: false,
    });
    await invoices.get("list");
    await invoices.get(`${elsewhere}/list`);
    await invoices.get(`//${new URL(elsewhere).host}/list`);
    expect(seen.map(({ authorization }) => authorization !== null)).toEqual([true, false, false]);
  });

  test.each([
    ["an absolute prefix", (api: string) => ({ prefix: `${api}/v1` })],
    [
      "an absolute prefix before a baseUrl",
      (api: string) => ({ prefix: `${api}/v1`, baseUrl: "https://base.test" }),
    ],
    [
      "a prefix that names another host",
      (api: string) => ({ prefix: api.slice("http:".length), baseUrl: "http://base.test" }),
    ],
    ["a relative prefix before a baseUrl", (api: string) => ({ prefix: "v1", baseUrl: api })],
    ["an empty prefix before a baseUrl", (api: string) => ({ prefix: "", baseUrl: api })],
  ])("%s", async (_, base) => {
    const { api, elsewhere, manager, seen } = await createWorld();
    const invoices = kyTwo.create({ ...base(api), ...forKyTwo("invoices", { manager }) });
    await invoices.get("list");
    await invoices.get(new URL(elsewhere), { throwHttpErrors: false });
    expect(seen.map(({ url, authorization }) => [new URL(url).origin, authorization !== null])).toEqual([
      [api, true],
      [elsewhere, false],
    ]);
  });
});
