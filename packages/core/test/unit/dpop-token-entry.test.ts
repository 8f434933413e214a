import { createFakeClock } from "@client-token/core/testing";
import { describe, expect, test } from "vitest";
import { createAccessToken, proofKey, type ProofKey } from "../../src/access-token.ts";
import { canonicalKey } from "../../src/cache/canonical-key.ts";
import { decodeToken, encodeToken } from "../../src/cache/token-entry.ts";
import { emptyGrant } from "../../src/options/grant.ts";
import { resolveClient } from "../../src/options/resolve-client.ts";
import { resolveManager } from "../../src/options/resolve-manager.ts";
import { instant } from "../../src/policy/held-token.ts";
import { planLifetime } from "../../src/policy/lifetime.ts";

const unused = (): never => {
  throw new Error("not here");
};
const keyOf = (thumbprint: string): ProofKey => ({
  thumbprint,
  handle: unused,
  prove: unused,
  learn: unused,
  redirect: unused,
});
const [ours, theirs] = [keyOf("ours"), keyOf("theirs")];

const clock = createFakeClock();
const reader = { clock, cacheLifetimeBuffer: 60 };
const now = instant(clock);

function entryOf(key: ProofKey | undefined) {
  const lifetime = planLifetime(3600, 60, undefined, 0.5);
  const token = createAccessToken({
    accessToken: "abc",
    tokenType: key === undefined ? "Bearer" : "DPoP",
    expiresAt: now.wall + lifetime.end,
    scope: undefined,
    clientId: "invoices-app",
    key,
  });
  const held = {
    token,
    lifetime,
    requestedAt: now,
    obtainedAt: now,
    replacements: 0,
    checkAt: 0,
    rejected: false,
  };
  return encodeToken(held, "digest");
}

describe("an entry of a token that is bound to a key", () => {
  test("says to which, and is read by who has it", () => {
    const entry = entryOf(ours);
    expect(entry).toMatchObject({ tokenType: "DPoP", jkt: "ours" });
    const token = decodeToken(entry, "digest", reader, ours)?.token;
    expect(token?.[proofKey]).toBe(ours);
    expect(token?.authorization).toBe("DPoP abc");
  });

  test("is a miss for everybody else", () => {
    expect(decodeToken(entryOf(ours), "digest", reader, theirs)).toBeUndefined();
    expect(decodeToken(entryOf(ours), "digest", reader)).toBeUndefined();
    expect(decodeToken(entryOf(undefined), "digest", reader, ours)).toBeUndefined();
    const forged = { ...entryOf(undefined), tokenType: "DPoP" };
    expect(decodeToken(forged, "digest", reader, ours)).toBeUndefined();
    expect(decodeToken({ ...entryOf(ours), tokenType: "Bearer" }, "digest", reader)).toBeUndefined();
    expect(decodeToken({ ...entryOf(undefined), jkt: "ours" }, "digest", reader)).toBeUndefined();
    expect(decodeToken({ ...entryOf(ours), tokenType: "Bearer" }, "digest", reader, ours)).toBeUndefined();
    expect(decodeToken({ ...entryOf(undefined), tokenType: "DPoP" }, "digest", reader)).toBeUndefined();
  });

  test("a bearer token's has no word about keys", () => {
    expect(Object.keys(entryOf(undefined))).not.toContain("jkt");
  });
});

test("another key for each thing that a token is bound to", () => {
  const x = "x".repeat(43);
  const y = "y".repeat(43);
  const clientOf = (mutualTls?: { thumbprint: string }) =>
    resolveClient(
      "invoices",
      { tokenEndpoint: "https://sts.test/token", clientId: "id", ...(mutualTls && { mutualTls }) },
      resolveManager({}),
    );
  const keys = [
    canonicalKey(clientOf(), emptyGrant),
    canonicalKey(clientOf(), emptyGrant, keyOf(x)),
    canonicalKey(clientOf(), emptyGrant, keyOf(y)),
    canonicalKey(clientOf({ thumbprint: x }), emptyGrant),
    canonicalKey(clientOf({ thumbprint: y }), emptyGrant, keyOf(x)),
    canonicalKey(clientOf({ thumbprint: x }), emptyGrant, keyOf(y)),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});
