import type { TokenRequestSeen } from "./authorization-server.ts";
import type { TitledChapter } from "./chapters.ts";
import type { CallSeen } from "./fleet.ts";
import type { Service } from "./scene.ts";
import { earliestRenewal } from "./timing.ts";

/** What was seen from the beginning of a chapter to its end. */
export interface ChapterSeen {
  readonly chapter: Pick<TitledChapter, "title" | "extra">;
  /** How many processes there are. */
  readonly size: number;
  readonly tokenRequests: readonly TokenRequestSeen[];
  readonly calls: readonly CallSeen[];
  /** After all that had happened. */
  readonly service: Service;
  /** In monotonic milliseconds. */
  readonly endedAt: number;
}

/** A line of the table. */
export interface Verdict {
  readonly title: string;
  readonly tokenRequests: number;
  /** How many were allowed. */
  readonly limit: number;
  readonly calls: number;
  readonly failed: number;
  /** Milliseconds. */
  readonly longestCall: number;
  readonly service: Service;
  /** One sentence for each promise that was broken. */
  readonly broken: readonly string[];
}

/** Compares what was seen with what client-token promises. */
export function judge(seen: ChapterSeen): Verdict {
  const { chapter, size, tokenRequests, calls, service } = seen;
  const problems = calls.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const limit = chapter.extra(size) + renewalsIn(seen);
  return {
    title: chapter.title,
    tokenRequests: tokenRequests.length,
    limit,
    calls: calls.length,
    failed: problems.length,
    longestCall: Math.max(0, ...calls.map(({ took }) => took)),
    service,
    broken: [
      ...(tokenRequests.length > limit
        ? [`${tokenRequests.length} token requests instead of at most ${limit}`]
        : []),
      ...Object.entries(tally(problems)).map(([problem, count]) => `failed calls: ${count}, ${problem}`),
      ...judgeService(service, size),
    ],
  };
}

/** The first token, and a renewal each time that this one or its successor was due. */
function renewalsIn({ tokenRequests, endedAt }: ChapterSeen): number {
  const granted = tokenRequests.find(({ status }) => status === 200);
  return 1 + (granted === undefined ? 0 : Math.floor((endedAt - granted.at) / earliestRenewal));
}

function judgeService({ processes, tokens }: Service, size: number): string[] {
  return [
    ...(processes < size ? [`in the end ${processes} of ${size} processes were served`] : []),
    ...(tokens > 1 ? [`in the end the processes used ${tokens} tokens instead of one`] : []),
  ];
}

function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
