import { describe, expect, test } from "vitest";
import type { Route } from "../../src/access-token.ts";
import { redirectOf } from "../../src/dpop/redirect.ts";

const here = "https://api.company.com/list?page=1";
const follow = (
  method: string,
  status: number,
  location: string,
  changes: Partial<Route> = {},
  canResend = true,
) =>
  redirectOf(
    { method, url: here, redirects: 20, moved: false, withBody: true, ...changes },
    status,
    (name) => (name === "location" ? location : undefined),
    canResend,
  );
const content = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
];
const credentials = ["authorization", "dpop", "cookie", "proxy-authorization"];

describe("a redirect is followed as fetch does it", () => {
  test.each<[status: number, method: string, next: string]>([
    [301, "GET", "GET"],
    [301, "HEAD", "HEAD"],
    [301, "POST", "GET"],
    [301, "PUT", "PUT"],
    [302, "post", "GET"],
    [302, "DELETE", "DELETE"],
    [303, "GET", "GET"],
    [303, "head", "head"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [307, "POST", "POST"],
    [308, "PUT", "PUT"],
  ])("%i: %s goes on as %s", (status, method, next) => {
    expect(follow(method, status, "/new")).toEqual({
      method: next,
      url: "https://api.company.com/new",
      redirects: 19,
      moved: true,
      withBody: method === next,
      leaves: false,
      without: method === next ? [] : content,
    });
  });

  test.each([
    ["https://other.company.com/", credentials],
    ["http://api.company.com/", credentials],
    ["https://api.company.com:8443/", credentials],
    ["//other.company.com", credentials],
    ["https://api.company.com:443/other", []],
    ["?page=2", []],
    ["other", []],
  ])("to %s without %j", (location, without) => {
    const leaves = without.length > 0;
    expect(follow("GET", 302, location)).toMatchObject({
      leaves,
      without,
      url: new URL(location, here).href,
    });
  });

  test("to another origin without what describes a body either, if that is left behind", () => {
    expect(follow("POST", 303, "https://other.test")?.without).toEqual([...content, ...credentials]);
  });

  test("a body that was dropped does not come back", () => {
    expect(follow("GET", 307, "/new", { withBody: false })?.withBody).toBe(false);
  });

  test("as often as it may", () => {
    expect(follow("GET", 302, "/new", { redirects: 1 })?.redirects).toBe(0);
    expect(follow("GET", 302, "/new", { redirects: 0 })).toBeUndefined();
  });

  test("not with a body that cannot be sent again", () => {
    expect(follow("POST", 307, "/new", {}, false)).toBeUndefined();
    expect(follow("PUT", 302, "/new", {}, false)).toBeUndefined();
    expect(follow("POST", 303, "/new", {}, false)?.withBody).toBe(false);
  });
});

test.each<[status: number, location: string]>([
  [200, "/new"],
  [201, "/new"],
  [300, "/new"],
  [304, "/new"],
  [305, "/new"],
  [400, "/new"],
  [302, ""],
  [302, "https://["],
  [302, "ftp://api.company.com/"],
  [302, "data:,x"],
  [302, "https://user@api.company.com/"],
  [302, "https://:word@api.company.com/"],
])("%i to %s is none that is followed", (status, location) => {
  expect(follow("GET", status, location)).toBeUndefined();
});
