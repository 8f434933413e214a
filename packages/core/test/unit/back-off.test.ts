import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  coolDown,
  failurePause,
  readRetryAfter,
  refusalPause,
  renewalPause,
  retryPause,
} from "../../src/policy/back-off.ts";

const count = fc.integer({ min: 1, max: 1_000_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const upTo = <T>(last: number, at: (n: number) => T): T[] =>
  Array.from({ length: last }, (_, i) => at(i + 1));

test("a refused credential rests 2 s, doubling to a minute", () => {
  expect(upTo(7, refusalPause)).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

test("a replaced token is kept 5 s, doubling to a minute with each further replacement", () => {
  expect([0, 1, 2, 3, 4, 5, 6].map(coolDown)).toEqual([0, 5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test("no pause ever is infinite, negative or not a number", () => {
  fc.assert(
    fc.property(count, random, fc.double({ min: 1, max: 1e9, noNaN: true }), (failures, any, left) => {
      const pauses = [
        [refusalPause(failures), 60_000],
        [failurePause(failures, undefined), 30_000],
        [renewalPause(failures, left, undefined, any), 30_000],
        [retryPause(failures, undefined, any), 2000],
        [coolDown(failures), 60_000],
      ] as const;
      for (const [pause, most] of pauses) {
        expect(pause).toBeGreaterThanOrEqual(0);
        expect(pause).toBeLessThanOrEqual(most);
      }
    }),
  );
});

test("a failed renewal rests 1, 2, 4 … 30 s, at random between half of that and all", () => {
  const longest = upTo(6, (n) => renewalPause(n, 1e9, undefined, 1));
  expect(longest).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000]);
  expect(renewalPause(3, 1e9, undefined, 0)).toBe(2000);
  expect(renewalPause(3, 1e9, 0, 0)).toBe(2000);
  expect(renewalPause(3, 1e9, 9000, 1)).toBe(9000);
});

test("a failed renewal never rests past half of what the token has left", () => {
  const wish = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined });
  fc.assert(
    fc.property(
      count,
      fc.double({ min: 1, max: 1e6, noNaN: true }),
      wish,
      random,
      (failures, left, asked, any) => {
        expect(renewalPause(failures, left, asked, any)).toBeLessThanOrEqual(left / 2);
      },
    ),
  );
});

test("the server's Retry-After is a lower bound for the next try", () => {
  fc.assert(
    fc.property(count, fc.integer({ min: 0, max: 60_000 }), random, (tries, asked, any) => {
      expect(retryPause(tries, asked, any)).toBeGreaterThanOrEqual(asked);
    }),
  );
});

describe("Retry-After", () => {
  const now = Date.UTC(2030, 0, 1, 12, 0, 0);
  const inSeconds = (seconds: number): string => new Date(now + seconds * 1000).toUTCString();

  test.each<[header: string | null, pause: number | undefined]>([
    ["1", 1000],
    ["0", 0],
    ["120", 120_000],
    [" 5 ", 5000],
    [inSeconds(90), 90_000],
    // A date in the past means now.
    [inSeconds(-90), 0],
    ["-1", 0],
    [null, undefined],
    ["", undefined],
    ["  ", undefined],
    ["soon", undefined],
  ])("%j asks for a pause of %j ms", (header, pause) => {
    expect(readRetryAfter(header, now)).toBe(pause);
  });

  test("understands every date as toUTCString writes it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seconds) => {
        expect(readRetryAfter(inSeconds(seconds), now)).toBe(seconds * 1000);
      }),
    );
  });

  test("never gives a pause that is no number", () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        expect(readRetryAfter(header, now) ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
