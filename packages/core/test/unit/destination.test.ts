import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLoopback, judgeDestination, originOf, type Destination } from "../../src/policy/destination.ts";

const own = ["https://api.company.com", "https://files.company.com:8443"];

describe("a client that names its origins", () => {
  test.each<[url: string, destination: Destination]>([
    ["https://api.company.com/", "own"],
    ["https://api.company.com", "own"],
    ["https://api.company.com?list", "own"],
    ["https://api.company.com#list", "own"],
    ["https://api.company.com:443/list", "own"],
    ["HTTPS://API.COMPANY.COM/list", "own"],
    ["https://files.company.com:8443/list", "own"],
    ["https:\\\\api.company.com\\list", "own"],
    [" https://api.company.com/list", "own"],
    ["https://files.company.com/list", "foreign"],
    ["http://api.company.com/list", "foreign"],
    ["https://api.company.com.evil.test/", "foreign"],
    ["https://api.company.com:8443/", "foreign"],
    ["https://api.company.com@evil.test/", "foreign"],
    ["https://evil.test/https://api.company.com/", "foreign"],
    ["https://evil.test?https://api.company.com/", "foreign"],
    ["https://evil.test\\@api.company.com/", "foreign"],
    ["//api.company.com/list", "foreign"],
    ["/list", "foreign"],
    ["", "foreign"],
    ["data:text/plain,https://api.company.com/", "foreign"],
  ])("sends %j as %s", (url, destination) => {
    expect(judgeDestination(url, own)).toBe(destination);
  });

  test("judges any URL as the WHATWG parser does", () => {
    const part = fc.constantFrom(
      "https:",
      "http:",
      "//",
      "/",
      "\\",
      "@",
      ":",
      "443",
      "8443",
      "?",
      "#",
      ".",
      "%2e",
      "\t",
    );
    const host = fc.constantFrom("api.company.com", "API.company.com", "files.company.com", "evil.test");
    fc.assert(
      fc.property(fc.array(fc.oneof(part, host), { maxLength: 7 }), (parts) => {
        const url = parts.join("");
        const belongs = URL.canParse(url) && own.includes(new URL(url).origin);
        expect(judgeDestination(url, own)).toBe(belongs ? "own" : "foreign");
      }),
      { numRuns: 3000 },
    );
  });

  test("goes nowhere if the list is empty", () => {
    expect(judgeDestination("https://api.company.com/", [])).toBe("foreign");
  });
});

describe("where nobody has said anything", () => {
  test.each<[url: string, destination: Destination]>([
    ["https://anywhere.test/", "unguarded"],
    ["HTTPS://anywhere.test/", "unguarded"],
    ["http://localhost:3000/", "unguarded"],
    ["http://127.0.0.1:3000/", "unguarded"],
    ["http://127.8.9.10/", "unguarded"],
    ["http://[::1]:3000/", "unguarded"],
    ["http://2130706433/", "unguarded"],
    ["http://anywhere.test/", "insecure"],
    ["http://anywhere.test/?to=https://", "insecure"],
    ["http://localhost.evil.test/", "insecure"],
    ["http://127.0.0.1.evil.test/", "insecure"],
    ["http://128.0.0.1/", "insecure"],
    ["http://[::2]/", "insecure"],
    ["http://0.0.0.0/", "insecure"],
    ["ftp://anywhere.test/", "insecure"],
    ["not a url", "foreign"],
  ])("%j is %s", (url, destination) => {
    expect(judgeDestination(url, undefined)).toBe(destination);
  });
});

test("loopback hosts are told by their literal form, no name is looked up", () => {
  expect(["localhost", "127.0.0.1", "127.255.0.3", "[::1]"].filter(isLoopback)).toHaveLength(4);
  expect(
    ["localhost.", "local", "127.0.0.1.test", "1127.0.0.1", "::1", "[::11]", ""].filter(isLoopback),
  ).toEqual([]);
});

test("what is no absolute URL has no origin", () => {
  expect(originOf("https://api.company.com:443/list")).toBe("https://api.company.com");
  expect(originOf("/list")).toBeUndefined();
});
