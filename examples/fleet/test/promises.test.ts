import { describe, expect, test } from "vitest";
import { judge, type ChapterSeen } from "../src/promises.ts";
import { earliestRenewal } from "../src/timing.ts";

const call = { at: 0, took: 20, problem: undefined };

function request(at: number, worker: number, status: number | undefined = 200) {
  return { at, worker, status };
}

/** Three processes, and one token request. */
const good: ChapterSeen = {
  chapter: { title: "steady", extra: () => 0 },
  size: 3,
  tokenRequests: [request(1_000, 0)],
  calls: [call, { ...call, took: 700 }, call],
  service: { processes: 3, tokens: 1 },
  endedAt: 1_000 + earliestRenewal - 1,
};

const eachForItself = { title: "redis-killed", extra: (processes: number) => processes - 1 };

test("a good chapter breaks no promise, and its figures are in the table", () => {
  expect(judge(good)).toEqual({
    title: "steady",
    tokenRequests: 1,
    limit: 1,
    calls: 3,
    failed: 0,
    longestCall: 700,
    service: { processes: 3, tokens: 1 },
    broken: [],
  });
});

describe("it breaks no promise that", () => {
  test.for<readonly [what: string, seen: ChapterSeen]>([
    [
      "a token is renewed when it is due",
      { ...good, tokenRequests: [request(0, 0), request(earliestRenewal, 1)], endedAt: earliestRenewal },
    ],
    [
      "a request gets lost with its process, and another one is made",
      {
        ...good,
        chapter: { ...good.chapter, extra: () => 1 },
        tokenRequests: [request(0, 0, undefined), request(4_000, 1)],
        endedAt: 4_100,
      },
    ],
    [
      "each process asks for itself without Redis, and then one for all",
      {
        ...good,
        chapter: eachForItself,
        tokenRequests: [0, 1, 2].map((worker) => request(worker, worker)).concat(request(earliestRenewal, 1)),
        endedAt: earliestRenewal,
      },
    ],
  ])("%s", ([, seen]) => {
    expect(judge(seen).broken).toEqual([]);
  });
});

describe("it is noticed when", () => {
  test.for<readonly [what: string, seen: ChapterSeen, ...sentences: string[]]>([
    [
      "two processes ask for the same token",
      { ...good, tokenRequests: [request(1_000, 0), request(1_001, 1)] },
      "2 token requests instead of at most 1",
    ],
    [
      "requests that fail are repeated too often",
      { ...good, tokenRequests: [request(0, 0, 503), request(1, 1, 503)], endedAt: 60_000 },
      "2 token requests instead of at most 1",
    ],
    [
      "processes ask more often than once without Redis",
      {
        ...good,
        chapter: eachForItself,
        tokenRequests: [0, 1, 2, 1, 2].map((worker) => request(1_000, worker)),
      },
      "5 token requests instead of at most 3",
    ],
    [
      "calls fail",
      { ...good, calls: [call, { ...call, problem: "the API answered 401" }] },
      "failed calls: 1, the API answered 401",
    ],
    [
      "a process is not served any more",
      { ...good, service: { processes: 2, tokens: 1 } },
      "in the end 2 of 3 processes were served",
    ],
    [
      "processes do not share a token again",
      { ...good, service: { processes: 3, tokens: 2 } },
      "in the end the processes used 2 tokens instead of one",
    ],
  ])("%s", ([, seen, ...sentences]) => {
    expect(judge(seen).broken).toEqual(sentences);
  });
});
