import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { patience, planLifetime, readExpiresIn } from "../../src/policy/lifetime.ts";

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const seconds = fc.double({ min: 0.1, max: 31_536_000, noNaN: true });
const buffer = fc.integer({ min: 0, max: 9999 });

describe("usable = lifetime − min(buffer, lifetime / 2)", () => {
  test.each([
    // lifetime, buffer, usable, in seconds
    [3600, 60, 3540],
    [300, 60, 240],
    [121, 60, 61],
    [120, 60, 60],
    [119, 60, 59.5],
    [60, 60, 30],
    [20, 60, 10],
    [5, 60, 2.5],
    [1, 60, 0.5],
    [3600, 0, 3600],
    [3600, 600, 3000],
    [3599.5, 60, 3539.5],
  ])("a token of %d s with a buffer of %d s is handed out for %d s", (life, buffered, usable) => {
    const lifetime = planLifetime(life, buffered, undefined, 0.5);
    expect(lifetime.end).toBe(life * 1000);
    expect(lifetime.usable).toBe(usable * 1000);
  });
});

test("renewal falls due at 80 to 90 % of the usable time", () => {
  const early = planLifetime(3600, 60, undefined, 0);
  const late = planLifetime(3600, 60, undefined, 1 - Number.EPSILON);
  expect(early.due).toBeCloseTo(3540_000 * 0.8);
  expect(late.due).toBeCloseTo(3540_000 * 0.9);
});

test("renewal falls due after the request and before the usable time ends, whatever the server says", () => {
  fc.assert(
    fc.property(
      seconds,
      buffer,
      fc.option(seconds, { nil: undefined }),
      random,
      (life, buffered, wish, any) => {
        const { end, usable, due } = planLifetime(life, buffered, wish, any);
        expect(due).toBeGreaterThan(0);
        expect(due).toBeLessThanOrEqual(usable);
        expect(usable).toBeLessThanOrEqual(end);
        expect(usable).toBeGreaterThanOrEqual(end / 2);
      },
    ),
  );
});

test("two renewals are never closer than 5 s or a quarter of the life, whichever is less", () => {
  fc.assert(
    fc.property(
      seconds,
      buffer,
      fc.option(seconds, { nil: undefined }),
      random,
      (life, buffered, wish, any) => {
        const { due } = planLifetime(life, buffered, wish, any);
        expect(due).toBeGreaterThanOrEqual(Math.min(5000, (life * 1000) / 4));
      },
    ),
  );
});

describe("the server's own wish (refresh_in)", () => {
  test("wins if it lies inside the usable time, spread by up to a tenth of that", () => {
    expect(planLifetime(3600, 60, 1800, 0).due).toBe(1_800_000);
    expect(planLifetime(3600, 60, 1800, 0.5).due).toBe(1_800_000 + 177_000);
    // Too near to the end of the usable time for a tenth of it.
    expect(planLifetime(3600, 60, 3520, 0.5).due).toBe(3_520_000 + 10_000);
  });

  test.each([0, -1, 3540, 3600, 100_000, Number.NaN, Number.POSITIVE_INFINITY])(
    "is ignored if it is %d",
    (wish) => {
      expect(planLifetime(3600, 60, wish, 0.5)).toEqual(planLifetime(3600, 60, undefined, 0.5));
    },
  );
});

describe("expires_in", () => {
  test.each<[value: unknown, lifetime: number | undefined]>([
    [3600, 3600],
    [1, 1],
    [3599.5, 3599.5],
    ["3600", 3600],
    [" 3600 ", 3600],
    // Missing or unreadable: five minutes are assumed, never "for ever".
    [undefined, 300],
    [null, 300],
    ["", 300],
    ["  ", 300],
    ["soon", 300],
    [true, 300],
    [{}, 300],
    [[], 300],
    [Number.NaN, 300],
    ["NaN", 300],
    // The server says that the token has already ended.
    [0, undefined],
    [-1, undefined],
    ["0", undefined],
    ["-5", undefined],
    [Number.NEGATIVE_INFINITY, undefined],
    // At most one year.
    [31_536_000, 31_536_000],
    [1e12, 31_536_000],
    ["1e400", 31_536_000],
  ])("%j counts as %j seconds", (value, lifetime) => {
    expect(readExpiresIn(value)).toBe(lifetime);
  });

  test("never makes a token live for ever, or not at all, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const lifetime = readExpiresIn(value);
        if (lifetime === undefined) return;
        expect(lifetime).toBeGreaterThan(0);
        expect(lifetime).toBeLessThanOrEqual(31_536_000);
      }),
    );
  });
});

test("a caller waits for a new token at most 2 s, and at most half of what the old one has left", () => {
  expect(patience(60_000)).toBe(2000);
  expect(patience(4000)).toBe(2000);
  expect(patience(1000)).toBe(500);
});
