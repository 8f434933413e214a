import { createFakeClock } from "@client-token/core/testing";
import { describe, expect, test } from "vitest";
import { createClockCorrections } from "../../src/policy/clock-corrections.ts";

const origin = "https://sts.test";
const clock = createFakeClock();
const ahead = (seconds: number): string => new Date(clock.now() + seconds * 1000).toUTCString();

describe("a server's clock", () => {
  test.each([
    [-6, -6000],
    [-5, 0],
    [0, 0],
    [5, 0],
    [6, 6000],
    [86_400 * 365, 86_400_000 * 365],
  ])("that is %d s ahead is corrected by %d ms", (seconds, correction) => {
    const corrections = createClockCorrections(clock);
    corrections.learn(origin, ahead(seconds));
    expect(corrections.of(origin)).toBe(correction);
  });

  test("is right for as long as nobody says anything else", () => {
    expect(createClockCorrections(clock).of(origin)).toBe(0);
  });

  test.each([null, "", "yesterday"])("is not learnt from %j", (date) => {
    const corrections = createClockCorrections(clock);
    corrections.learn(origin, ahead(60));
    corrections.learn(origin, date);
    expect(corrections.of(origin)).toBe(60_000);
  });

  test("stays corrected alike while answers differ by little, and is forgotten once it is right", () => {
    const corrections = createClockCorrections(clock);
    const learnt = [60, 64, 56, 70, 3].map((seconds) => {
      corrections.learn(origin, ahead(seconds));
      return corrections.of(origin);
    });
    expect(learnt).toEqual([60_000, 60_000, 60_000, 70_000, 0]);
  });

  test("is nobody else's", () => {
    const corrections = createClockCorrections(clock);
    corrections.learn(origin, ahead(60));
    expect(corrections.of("https://other.test")).toBe(0);
  });

  test("is remembered for 1 000 servers, the last ones", () => {
    const corrections = createClockCorrections(clock);
    for (let index = 0; index <= 1000; index++) corrections.learn(`https://${index}.test`, ahead(60));
    const known = [0, 1, 1000].map((index) => corrections.of(`https://${index}.test`));
    expect(known).toEqual([0, 60_000, 60_000]);
  });
});
