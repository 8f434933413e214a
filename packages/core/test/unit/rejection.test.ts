import { afterEach, describe, expect, test, vi } from "vitest";
import { concernsToken, type ResponseView } from "../../src/authorizer/rejection.ts";

const api = "https://api.company.com/list";

/** A 401 as an adapter shows it. */
function refusal(challenge: string | null | undefined, url?: string): ResponseView {
  return { status: 401, url, header: (name) => (name === "www-authenticate" ? challenge : "none") };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a 401 is about the token", () => {
  test.each([null, undefined, ""])("if it says nothing: %j", async (challenge) => {
    expect(await concernsToken(refusal(challenge), api)).toBe(true);
  });

  test.each([
    "Bearer",
    'Bearer realm="api"',
    'Bearer error="invalid_token"',
    'Bearer error="invalid_request"',
    'Bearer error=""',
    "DPoP",
    'DPoP algs="ES256"',
    'DPoP algs="ES256", error="invalid_token"',
    'Basic realm="x", DPoP algs="ES256"',
    // One of our two challenges does not care which token it was, the other one does.
    'Bearer error="insufficient_scope", DPoP algs="ES256"',
  ])("if a challenge for it says so: %s", async (challenge) => {
    expect(await concernsToken(refusal(challenge), api)).toBe(true);
  });

  test.each(['Bearer realm="never closed', "€", " ", ",", "="])(
    "if nobody can read what it says: %j",
    async (challenge) => {
      expect(await concernsToken(refusal(challenge), api)).toBe(true);
    },
  );
});

describe("a 401 is not about the token", () => {
  test.each(["insufficient_scope", "use_dpop_nonce", "invalid_dpop_proof"])(
    "if another token would meet the same error: %s",
    async (error) => {
      for (const scheme of ["Bearer", "DPoP", "bEARER", "dpop"]) {
        expect(await concernsToken(refusal(`${scheme} realm="api", error="${error}"`), api)).toBe(false);
      }
    },
  );

  test.each(['Basic realm="x"', 'Digest nonce="y"', 'Basic realm="x", Negotiate'])(
    "if it asks for other schemes only: %s",
    async (challenge) => {
      expect(await concernsToken(refusal(challenge), api)).toBe(false);
    },
  );
});

describe("who answered decides", () => {
  test.each<[url: string | undefined, concerns: boolean]>([
    [undefined, true],
    ["", true],
    ["no URL at all", true],
    ["https://api.company.com/", true],
    ["https://api.company.com:443/elsewhere?page=2", true],
    ["https://login.company.com/", false],
    ["http://api.company.com/list", false],
    ["https://api.company.com:8443/list", false],
  ])("an answer from %j", async (url, concerns) => {
    expect(await concernsToken(refusal('Bearer error="invalid_token"', url), api)).toBe(concerns);
    expect(await concernsToken(refusal(null, url), api)).toBe(concerns);
  });

  test.each([undefined, ""])(
    "on a web page, an answer without a URL (%j) is not taken for one of the page's own server",
    async (url) => {
      vi.stubGlobal("location", { href: "https://www.company.com/app" });
      expect(await concernsToken(refusal(null, url), api)).toBe(true);
    },
  );
});
