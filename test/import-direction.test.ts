import { describe, expect, test } from "vitest";
import { findViolations, readSources } from "../tools/check-imports.ts";

const manifest = JSON.stringify({ exports: { ".": {}, "./adapter": {}, "./testing/node": {} } });

function messages(files: Record<string, string>): string[] {
  const all = new Map([["packages/core/package.json", manifest], ...Object.entries(files)]);
  return findViolations(all).map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

function core(file: string, source: string): string[] {
  return messages({ [`packages/core/src/${file}`]: source });
}

test("every import of the packages points down", () => {
  expect(findViolations(readSources())).toEqual([]);
});

describe("in core", () => {
  test.for([
    [
      "client.ts",
      'import { a } from "./manager.ts";',
      "client.ts must not use manager.ts, which stands above it",
    ],
    [
      "client.ts",
      'import type { A } from "./manager.ts";',
      "client.ts must not use manager.ts, which stands above it",
    ],
    ["client.ts", 'export * from "./index.ts";', "client.ts must not use index.ts, which stands above it"],
    [
      "client.ts",
      'export type { A } from "./index.ts";',
      "client.ts must not use index.ts, which stands above it",
    ],
    ["client.ts", 'void import("./fetch.ts");', "client.ts must not use fetch.ts, which stands above it"],
    [
      "client.ts",
      'type A = import("./fetch.ts").A;',
      "client.ts must not use fetch.ts, which stands above it",
    ],
    [
      "cache/memory.ts",
      'import "../telemetry/events.ts";',
      "cache/memory.ts must not use telemetry/events.ts, which stands beside it",
    ],
    ["errors.ts", 'import "./clock.ts";', "errors.ts must not use clock.ts, which stands beside it"],
    ["index.ts", 'import "./testing/index.ts";', "index.ts must not use testing/"],
    ["helpers.ts", "", "helpers.ts has no place in the house (tools/check-imports.ts)"],
    ["client.ts", 'import "../../ky/src/index.ts";', "../../ky/src/index.ts leaves packages/core/src/"],
    [
      "client.ts",
      'import "@client-token/core";',
      "core must not use @client-token/core: import the file itself",
    ],
  ] as const)("%s: %s", ([file, source, message]) => {
    expect(core(file, source)).toEqual([`packages/core/src/${file}:1: ${message}`]);
  });

  test.for([
    ["client.ts", 'import { a } from "./registry/registry.ts"; import type { B } from "./errors.ts";'],
    ["token-endpoint/grant.ts", 'import "./client-authentication.ts"; import "../policy/lifetime.ts";'],
    ["testing/server.ts", 'import "../index.ts"; import "./clock.ts";'],
    ["token-endpoint/grant.ts", 'import * as oauth from "oauth4webapi";'],
  ] as const)("%s may: %s", ([file, source]) => {
    expect(core(file, source)).toEqual([]);
  });

  test("the line of the import is named", () => {
    expect(core("client.ts", 'import "./errors.ts";\n\nimport "./fetch.ts";')[0]).toContain("client.ts:3:");
  });
});

describe("in an adapter", () => {
  test("core is used through its public sub-paths only", () => {
    const source =
      'import "@client-token/core";\nimport "@client-token/core/adapter";\nimport "@client-token/core/client";';
    expect(messages({ "packages/ky/src/index.ts": source })).toEqual([
      "packages/ky/src/index.ts:3: @client-token/core/client is no public sub-path of core",
    ]);
  });

  test("no other adapter is used", () => {
    expect(messages({ "packages/ky/src/index.ts": 'import type {} from "@client-token/axios";' })).toEqual([
      "packages/ky/src/index.ts:1: ky must not use @client-token/axios: what two adapters need belongs into core",
    ]);
  });
});
