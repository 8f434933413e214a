import { describe, expect, test } from "vitest";
import { checker } from "../../src/options/checks.ts";
import { emptyGrant, shapeGrant } from "../../src/options/grant.ts";
import type { TokenRequest } from "@client-token/core";

const check = checker(`client "invoices"`);
const configured = shapeGrant(
  emptyGrant,
  { scope: "read write", resource: "urn:a", parameters: { audience: "x", tenant: ["1", "2"] } },
  check,
);

describe("what a call asks for replaces what its client is configured with", () => {
  test.each<[what: string, request: TokenRequest, changed: object]>([
    ["nothing", {}, {}],
    ["another scope", { scope: "list" }, { scope: ["list"] }],
    ["no scope", { scope: "" }, { scope: [] }],
    ["a list of scopes", { scope: ["a", "b"] }, { scope: ["a", "b"] }],
    ["a scope named twice", { scope: "a b a" }, { scope: ["a", "b"] }],
    ["several resources", { resource: ["urn:b", "urn:c"] }, { resource: ["urn:b", "urn:c"] }],
    [
      "one field, and the others stay",
      { parameters: { audience: "y" } },
      { parameters: { audience: ["y"], tenant: ["1", "2"] } },
    ],
    [
      "an undefined field, which stays as it is configured",
      { parameters: { audience: undefined } },
      { parameters: { audience: ["x"], tenant: ["1", "2"] } },
    ],
  ])("%s", (_, request, changed) => {
    expect(shapeGrant(configured, request, check)).toEqual({ ...configured, ...changed });
  });
});

describe("RFC 6749 §3.3 scopes", () => {
  test.each([
    "!",
    "#",
    "$",
    "[word]",
    "^",
    "~",
    "path/to/resource",
    "<tag>",
    "{foo:bar}",
    ":foo.v1.baz.{{bar}}.*",
  ])("%s is one", (scope) => expect(shapeGrant(emptyGrant, { scope }, check).scope).toEqual([scope]));

  test.each(['"', "\\", "a\tb", "a\nb", "ü", "\u{7f}"])("%j is none", (scope) => {
    expect(() => shapeGrant(emptyGrant, { scope }, check)).toThrow(
      /^"scope" of client "invoices" .*RFC 6749/,
    );
  });

  test("a list holds one scope each", () => {
    expect(() => shapeGrant(emptyGrant, { scope: ["a b"] }, check)).toThrow(/"scope"/);
    expect(() => shapeGrant(emptyGrant, { scope: [""] }, check)).toThrow(/"scope"/);
  });
});

describe("RFC 8707 §2 resources", () => {
  test.each(["urn:invoices", "https://api.company.com/", "https://api.company.com/a?b=c"])(
    "%s is one",
    (resource) => {
      expect(shapeGrant(emptyGrant, { resource }, check).resource).toEqual([resource]);
    },
  );

  test.each(["invoices", "/invoices", "", "https://api.company.com/#part", "urn:a#"])(
    "%j is none",
    (resource) => {
      expect(() => shapeGrant(emptyGrant, { resource }, check)).toThrow(
        /^"resource" of client "invoices" .*RFC 8707/,
      );
    },
  );
});

test.each([
  "grant_type",
  "scope",
  "resource",
  "client_id",
  "client_secret",
  "client_assertion",
  "client_assertion_type",
])("the field %s belongs to the protocol and is no extra field", (name) => {
  expect(() => shapeGrant(emptyGrant, { parameters: { [name]: "x" } }, check)).toThrow(
    `"parameters.${name}" of client "invoices" is a field of the protocol`,
  );
});

test("a field that is no text is refused", () => {
  const parameters = { tenant: 1 } as unknown as Record<string, string>;
  expect(() => shapeGrant(emptyGrant, { parameters }, check)).toThrow(/^"parameters.tenant" .*strings/);
});

test("what the caller gave is not changed, and later changes to it do not reach the grant", () => {
  const tenant = Object.freeze(["1"]);
  const scope = ["b", "a", "b"];
  const grant = shapeGrant(
    emptyGrant,
    Object.freeze({ scope, parameters: Object.freeze({ tenant }) }),
    check,
  );
  expect(scope).toEqual(["b", "a", "b"]);
  scope.push("c");
  expect(grant.scope).toEqual(["b", "a"]);
});
