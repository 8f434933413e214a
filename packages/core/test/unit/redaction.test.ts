import fc from "fast-check";
import { expect, test } from "vitest";
import { safeCause } from "../../src/errors.ts";
import { redactor } from "../../src/token-endpoint/redaction.ts";

const secret = "s3cret/with+odd characters";
const redact = redactor("invoices-app", secret);

test.each<[form: string, text: string]>([
  ["raw", secret],
  ["form-encoded", new URLSearchParams({ "": secret }).toString().slice(1)],
  ["percent-encoded", encodeURIComponent(secret)],
  [
    "as the Basic credential",
    btoa(`invoices-app:${new URLSearchParams({ "": secret }).toString().slice(1)}`),
  ],
  ["as the Basic credential that is not encoded", btoa(`invoices-app:${secret}`)],
])("a secret is blotted out %s", (_, form) => {
  expect(redact(`before ${form} and ${form} after`)).toBe("before [redacted] and [redacted] after");
});

test("a text without the secret stays as it is", () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes(secret)),
      (text) => {
        expect(redact(text)).toBe(text);
      },
    ),
  );
});

test("a public client has nothing to blot out", () => {
  expect(redactor("public", undefined)("any text")).toBe("any text");
});

test("of a transport's error, names, messages and codes are kept, and nothing else", () => {
  const inner = Object.assign(new Error(`connect ECONNREFUSED, ${secret}`), { code: "ECONNREFUSED" });
  const outer = Object.assign(new TypeError("fetch failed", { cause: inner }), { request: { body: secret } });
  const safe = safeCause(outer, redact);

  expect(safe).toMatchObject({ name: "TypeError", message: "fetch failed" });
  expect(safe?.cause).toMatchObject({ message: "connect ECONNREFUSED, [redacted]", code: "ECONNREFUSED" });
  expect(safe).not.toHaveProperty("request");
});

test("a cause that is its own cause comes to an end", () => {
  const error = new Error("round");
  error.cause = error;
  let depth = 0;
  for (let one: unknown = safeCause(error, String); one instanceof Error; one = one.cause) depth++;
  expect(depth).toBe(3);
});

test.each([undefined, null, "text", { message: "no error" }])("what is no error is no cause: %j", (value) => {
  expect(safeCause(value, redact)).toBeUndefined();
});
