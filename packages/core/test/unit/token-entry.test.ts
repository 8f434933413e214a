import fc from "fast-check";
import { createFakeClock } from "@client-token/core/testing";
import { describe, expect, test } from "vitest";
import type { CacheEntry, Clock } from "@client-token/core";
import { createAccessToken } from "../../src/access-token.ts";
import { decodeToken, encodeToken } from "../../src/cache/token-entry.ts";
import { instant, since, timeLeft, type HeldToken } from "../../src/policy/held-token.ts";
import { planLifetime } from "../../src/policy/lifetime.ts";

const digest = "digest";
const lifetime = planLifetime(3600, 60, undefined, 0.5);

function hold(clock = createFakeClock(), replacements = 0): HeldToken {
  const now = instant(clock);
  return {
    token: createAccessToken({
      accessToken: "abc.def",
      tokenType: "Bearer",
      expiresAt: now.wall + lifetime.end,
      scope: "list",
      clientId: "invoices-app",
    }),
    lifetime,
    requestedAt: now,
    obtainedAt: now,
    replacements,
    checkAt: 0,
    rejected: false,
  };
}

/** Who reads an entry. */
function reader(clock: Clock, cacheLifetimeBuffer = 60): { clock: Clock; cacheLifetimeBuffer: number } {
  return { clock, cacheLifetimeBuffer };
}

/** As a store keeps it. */
function stored(held: HeldToken): CacheEntry {
  return JSON.parse(JSON.stringify(encodeToken(held, digest))) as CacheEntry;
}

test("another process reads the token as it was written", () => {
  const clock = createFakeClock();
  const held = hold(clock, 3);
  const read = decodeToken(stored(held), digest, reader(createFakeClock(clock.now() + 60_000)));

  expect(read?.token.accessToken).toBe("abc.def");
  expect(read?.token).toMatchObject({
    tokenType: "Bearer",
    scope: "list",
    clientId: "invoices-app",
    expiresAt: held.token.expiresAt,
  });
  expect(read?.lifetime).toMatchObject({ end: lifetime.end, usable: lifetime.usable });
  expect(read?.replacements).toBe(3);
});

test("each reader plans its renewal for itself", () => {
  const clock = createFakeClock();
  const entry = stored(hold(clock));
  expect(decodeToken(entry, digest, reader(clock, 600))?.lifetime.usable).toBe(3_000_000);
  const due = Array.from({ length: 20 }, () => decodeToken(entry, digest, reader(clock))?.lifetime.due);
  expect(new Set(due).size).toBeGreaterThan(1);
});

test("its age goes on from where it was", () => {
  const there = createFakeClock();
  const entry = stored(hold(there));
  const here = createFakeClock(there.now() + 600_000);
  const read = decodeToken(entry, digest, reader(here))!;

  expect(since(read.requestedAt, here)).toBe(600_000);
  expect(since(read.obtainedAt, here)).toBe(600_000);
  expect(timeLeft(read, here)).toBe(3_000_000);
});

test("a machine whose clock is behind does not take the token for younger than just requested", () => {
  const there = createFakeClock();
  const here = createFakeClock(there.now() - 3_600_000);
  const read = decodeToken(stored(hold(there)), digest, reader(here))!;

  expect(since(read.requestedAt, here)).toBe(0);
  expect(timeLeft(read, here)).toBe(lifetime.end);
});

describe("is a miss", () => {
  const clock = createFakeClock();
  const good = stored(hold(clock));
  const kinds: readonly [what: string, entry: CacheEntry | undefined][] = [
    ["nothing", undefined],
    ["a tombstone", { kind: "tombstone", expiresAt: good.expiresAt, digest }],
    ["an entry of another key (a clash of custom keys)", { ...good, digest: "other" }],
    ["a layout that this version does not know", { ...good, version: 2 }],
    ["an ended token", { ...good, expiresAt: clock.now() }],
    ["an end that is no number", { ...good, expiresAt: "never" } as unknown as CacheEntry],
    ["an endless token", { ...good, expiresAt: Number.POSITIVE_INFINITY }],
    ["an empty token", { ...good, accessToken: "" }],
    ["a token with a line break", { ...good, accessToken: "abc\r\nx-header: 1" }],
    ["a token that is no string", { ...good, accessToken: 42 }],
    ["another token type", { ...good, tokenType: "DPoP" }],
    ["no lifetime", { ...good, lifetime: undefined }],
    ["an endless lifetime", { ...good, lifetime: Infinity }],
    ["a refresh_in of text", { ...good, refreshIn: "soon" }],
    ["a lifetime of text", { ...good, lifetime: "3600" }],
    ["a negative count", { ...good, replacements: -1 }],
    ["no client id", { ...good, clientId: null }],
    ["a scope that is no text", { ...good, scope: 1 }],
  ];

  test.each(kinds)("%s", (_, entry) => {
    expect(decodeToken(entry, digest, reader(clock))).toBeUndefined();
  });

  test("garbage of any kind, and it never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (garbage) => {
        expect(decodeToken(garbage as unknown as CacheEntry, digest, reader(clock))).toBeUndefined();
      }),
    );
  });

  test("a good entry with any one field spoilt, and it never throws", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(good)), fc.anything(), (field, value) => {
        const read = decodeToken({ ...good, [field]: value }, digest, reader(clock));
        expect(read === undefined || timeLeft(read, clock) > 0).toBe(true);
      }),
    );
  });
});

test("a store that keeps unknown fields of a later version does no harm", () => {
  const clock = createFakeClock();
  expect(decodeToken({ ...stored(hold(clock)), later: { x: 1 } }, digest, reader(clock))).toBeDefined();
});

test.each([0, 40_000_000, 1e300])("an entry that states a lifetime of %s seconds is a miss", (seconds) => {
  const clock = createFakeClock();
  const entry = stored(hold(clock));
  expect(decodeToken(entry, digest, reader(clock))).toBeDefined();
  expect(decodeToken({ ...entry, lifetime: seconds }, digest, reader(clock))).toBeUndefined();
});

test("a token was not obtained before it was asked for, whatever its entry says", async () => {
  const clock = createFakeClock();
  const entry = stored(hold(clock));
  await clock.advance(1000);
  const read = decodeToken({ ...entry, obtainedAt: 0 }, digest, reader(clock));
  expect(read?.obtainedAt.wall).toBe(clock.now() - 1000);
});
