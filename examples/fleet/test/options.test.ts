import { describe, expect, test } from "vitest";
import { events } from "../src/events.ts";
import { readOptions } from "../src/options.ts";

describe("the command line", () => {
  test("nothing is needed", () => {
    expect(readOptions([])).toEqual({ workers: 16, seconds: 20, events: [], lease: true });
  });

  test("--chaos is all events", () => {
    expect(readOptions(["--chaos"])).toMatchObject({ seconds: 6, events: Object.keys(events) });
  });

  test("events happen in the order in which they are named", () => {
    const args = ["--event", "server-down", "--event", "redis-killed", "--seconds", "1"];
    expect(readOptions(args)).toMatchObject({ seconds: 1, events: ["server-down", "redis-killed"] });
  });

  test("a fleet may live without taking turns", () => {
    expect(readOptions(["--without-lease", "--workers", "3"])).toMatchObject({ workers: 3, lease: false });
  });

  test("--help is no run", () => {
    expect(readOptions(["--help"])).toBeUndefined();
  });

  test.for([
    ["--workers 0", /--workers is a whole number from 1 to 64, not "0"/],
    ["--workers 65", /--workers/],
    ["--workers 1.5", /--workers/],
    ["--seconds=", /--seconds is a whole number from 1 to 3600, not ""/],
    ["--event toString", /There is no event "toString": name one of redis-paused, /],
    ["--loud", /--loud/],
    ["quickly", /quickly/],
  ] as const)("%s is a mistake", ([args, message]) => {
    expect(() => readOptions(args.split(" "))).toThrow(message);
  });
});
