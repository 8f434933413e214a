import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalKey } from "../../src/cache/canonical-key.ts";
import type { Grant } from "../../src/options/grant.ts";
import { resolveClient } from "../../src/options/resolve-client.ts";
import { resolveManager } from "../../src/options/resolve-manager.ts";

interface Shape extends Grant {
  readonly name: string;
  readonly prefix: string;
  readonly endpoint: string;
  readonly clientId: string;
}

function keyOf({ name, prefix, endpoint, clientId, ...grant }: Shape): string {
  const options = { tokenEndpoint: endpoint, clientId, cacheKeyPrefix: prefix };
  return canonicalKey(resolveClient(name, options, resolveManager({})), grant);
}

// Few characters, the separators of the key among them, so that likely clashes come up often.
const text = fc.string({ unit: fc.constantFrom("a", "b", ":", "[", "1", "2", " ", "é"), maxLength: 4 });
const list = fc.uniqueArray(text, { maxLength: 3 });
const shape: fc.Arbitrary<Shape> = fc.record({
  name: text,
  prefix: fc.constantFrom("", "a", "a:", "1:a"),
  endpoint: fc.constantFrom("https://a.test/", "https://a.test/b", "https://b.test/?c=1:d"),
  clientId: text.filter((id) => id.trim() !== ""),
  scope: list,
  resource: list,
  parameters: fc.dictionary(
    text,
    list.filter((values) => values.length > 0),
    { maxKeys: 3 },
  ),
});

/** Sorted here by other means than the key's own. */
function meaningOf({ scope, resource, parameters, ...rest }: Shape): string {
  const set = (values: readonly string[]): string[] => [...new Set(values)].toSorted();
  const fields = Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([rest, set(scope), set(resource), fields]);
}

const plain: Shape = {
  name: "invoices",
  prefix: "client-token::",
  endpoint: "https://sts.test/token",
  clientId: "id",
  scope: ["read", "write"],
  resource: ["urn:a", "urn:b"],
  parameters: { audience: ["x"], tenant: ["1", "2"] },
};

test("two requests share a key only if everything that shapes the token is the same", () => {
  fc.assert(
    fc.property(shape, shape, (one, other) => {
      expect(keyOf(one) === keyOf(other)).toBe(meaningOf(one) === meaningOf(other));
    }),
    { numRuns: 2000 },
  );
});

test("the order of scopes and resources makes no difference", () => {
  fc.assert(
    fc.property(
      shape.chain((one) =>
        fc.tuple(
          fc.constant(one),
          fc.shuffledSubarray([...one.scope], { minLength: one.scope.length }),
          fc.shuffledSubarray([...one.resource], { minLength: one.resource.length }),
        ),
      ),
      ([one, scope, resource]) => {
        expect(keyOf({ ...one, scope, resource })).toBe(keyOf(one));
      },
    ),
  );
});

test("the order in which extra form fields are written makes no difference", () => {
  const parameters = { tenant: ["1", "2"], audience: ["x"] };
  expect(keyOf({ ...plain, parameters })).toBe(keyOf(plain));
});

test.each<[what: string, change: Partial<Shape>]>([
  ["the client's name", { name: "payments" }],
  ["the prefix", { prefix: "other::" }],
  ["the token endpoint", { endpoint: "https://sts.test/token2" }],
  ["the client id", { clientId: "id2" }],
  ["a scope less", { scope: ["read"] }],
  ["no scope", { scope: [] }],
  ["scopes run together", { scope: ["read write"] }],
  ["a scope for a resource", { scope: ["read"], resource: ["write", "urn:a", "urn:b"] }],
  ["another resource", { resource: ["urn:a"] }],
  ["another value of a field", { parameters: { ...plain.parameters, audience: ["y"] } }],
  ["another order of one field's values", { parameters: { ...plain.parameters, tenant: ["2", "1"] } }],
  ["a field less", { parameters: { audience: ["x"] } }],
  ["a value for a name", { parameters: { audience: ["x", "tenant"], 1: ["2"] } }],
])("another key for %s", (_, change) => {
  expect(keyOf({ ...plain, ...change })).not.toBe(keyOf(plain));
});
