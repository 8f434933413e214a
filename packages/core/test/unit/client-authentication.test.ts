import type { ClientCredentialStyle } from "@client-token/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assertionAuthentication,
  clientAuthentication,
  formEncode,
} from "../../src/token-endpoint/client-authentication.ts";

function authenticate(
  id: string,
  secret: string | undefined,
  style: ClientCredentialStyle,
): { headers: Headers; body: URLSearchParams } {
  const headers = new Headers();
  const body = new URLSearchParams();
  const server = { issuer: "https://sts.test" };
  void clientAuthentication(secret, style)(server, { client_id: id }, body, headers);
  return { headers, body };
}

function basic(id: string, secret: string): string {
  return atob(authenticate(id, secret, "authorization-header").headers.get("authorization")?.slice(6) ?? "");
}

describe("in the Authorization header", () => {
  test("a UUID as client id stays as it is, since many servers do not decode it", () => {
    const id = "4a632e2e-0466-4e5a-a094-0455c6105f57";
    expect(basic(id, "e8ae294a-d5f3_4907.88fa")).toBe(`${id}:e8ae294a-d5f3_4907.88fa`);
  });

  test.each([
    ["a b", "a+b"],
    ["a+b", "a%2Bb"],
    ["a:b", "a%3Ab"],
    ["a%b", "a%25b"],
    ["a/b=c", "a%2Fb%3Dc"],
    ["ü€😀", "%C3%BC%E2%82%AC%F0%9F%98%80"],
    ["-_.*", "-_.*"],
    ["~!'()", "%7E%21%27%28%29"],
  ])("%j is written as %s (RFC 6749 Appendix B)", (secret, encoded) => {
    expect(basic("id", secret)).toBe(`id:${encoded}`);
  });

  test("a server that decodes both parts finds id and secret again, whatever they are", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 });
    fc.assert(
      fc.property(text, text, (id, secret) => {
        const [first, second, ...rest] = basic(id, secret).split(":");
        const decode = (value = ""): string => new URLSearchParams(`v=${value}`).get("v") ?? "";
        expect([decode(first), decode(second), rest]).toEqual([id, secret, []]);
      }),
    );
  });

  test("nothing of them is in the body", () => {
    expect([...authenticate("id", "secret", "authorization-header").body]).toEqual([]);
  });
});

describe("in the Authorization header, as they are", () => {
  const raw = (id: string, secret: string): string =>
    new TextDecoder().decode(
      Uint8Array.from(
        atob(
          authenticate(id, secret, "authorization-header-raw").headers.get("authorization")?.slice(6) ?? "",
        ),
        (character) => character.charCodeAt(0),
      ),
    );

  test.each(["a b", "a+b", "a%b", "a/b=c", "ü€😀", "~!'()", "with:colon"])(
    "%j is written as itself",
    (secret) => {
      expect(raw("id", secret)).toBe(`id:${secret}`);
    },
  );

  test("nothing of them is in the body", () => {
    expect([...authenticate("id", "secret", "authorization-header-raw").body]).toEqual([]);
  });
});

test("an assertion is sent with the id and its type, and nothing else", () => {
  const headers = new Headers();
  const body = new URLSearchParams();
  void assertionAuthentication("a.b.c", "urn:type")(
    { issuer: "https://sts.test" },
    { client_id: "id" },
    body,
    headers,
  );
  expect([...body]).toEqual([
    ["client_id", "id"],
    ["client_assertion_type", "urn:type"],
    ["client_assertion", "a.b.c"],
  ]);
  expect([...headers]).toEqual([]);
});

test("in the body, id and secret are fields, and there is no header", () => {
  const { headers, body } = authenticate("i d", "s+c", "post-body");
  expect(body.toString()).toBe("client_id=i+d&client_secret=s%2Bc");
  expect([...headers]).toEqual([]);
});

test.each(["authorization-header", "authorization-header-raw", "post-body"] as const)(
  "a public client sends its id in the body alone (%s)",
  (style) => {
    const { headers, body } = authenticate("public", undefined, style);
    expect([...body]).toEqual([["client_id", "public"]]);
    expect([...headers]).toEqual([]);
  },
);

test("what is form-encoded is what URLSearchParams reads back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (value) => {
      expect(new URLSearchParams(`v=${formEncode(value)}`).get("v")).toBe(value);
    }),
  );
});
