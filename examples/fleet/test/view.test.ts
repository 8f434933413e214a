import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { Sight } from "../src/picture.ts";
import { openView } from "../src/view.ts";

const early: Sight = {
  authorizationServer: { tokenRequests: [] },
  api: { lastServed: new Map([[1, { at: 0, token: 7 }]]) },
  fleet: { size: 3, calls: [], renewals: { "token-endpoint": 2, "shared-cache": 4 } },
};

/** What is shown when one chapter is announced. */
async function shown(terminal: object, sight = early): Promise<string> {
  const output = Object.assign(new PassThrough(), terminal);
  {
    using view = openView(sight, output);
    view.announce("cold-start", "all processes start to call");
  }
  return stripVTControlCharacters(await text(output.end()));
}

test.for([
  ["of its own size", { isTTY: true, columns: 120, rows: 40 }],
  ["that has no size", { isTTY: true, columns: 0, rows: 0 }],
] as const)("a terminal %s shows the chapter and the figures in whole lines", async ([, terminal]) => {
  const picture = await shown(terminal);
  expect(picture).toMatch(/0 s {2}cold-start: all processes start to call\n/);
  expect(picture).toContain("token requests 0  renewals 2, taken over 4");
  expect(picture).toContain("token of each process    –  7  –");
});

test("16 processes fit into 80 columns, also after a while", async () => {
  const late: Sight = {
    authorizationServer: { tokenRequests: Array.from({ length: 120 }) },
    api: { lastServed: new Map(Array.from({ length: 16 }, (_, worker) => [worker, { at: 0, token: 99 }])) },
    fleet: { size: 16, calls: [], renewals: { "token-endpoint": 120, "shared-cache": 960 } },
  };
  const lines = (await shown({ isTTY: true, columns: 200, rows: 24 }, late)).split("\n");
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.join("\n")).toContain("taken over 960");
});

test("elsewhere there is no picture", async () => {
  expect(await shown({})).toMatch(/^ +0 s {2}cold-start: all processes start to call\n$/);
});
