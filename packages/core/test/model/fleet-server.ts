import type { Fetch } from "@client-token/core";
import { timeout, type FleetLedger, type Member } from "./fleet-ledger.ts";

/** How the token endpoint behaves. */
export const serverMoods = ["ok", "slow", "503", "429", "unreachable", "hangs", "refuses"] as const;

/** The token endpoint of a fleet, which watches who asks when. */
export interface FleetServer {
  mood: (typeof serverMoods)[number];
  /** Of the tokens from now on, in seconds. */
  expiresIn: number;
  /** How many requests there were. */
  requests: number;
  readonly httpClientOf: (member: Member) => Fetch;
  /** Whether somebody asks now, or has in the last time-out and may again. */
  readonly isBusy: () => boolean;
}

export function createFleetServer(ledger: FleetLedger): FleetServer {
  const { clock, must } = ledger;
  let lastAt = -Infinity;
  const begun = new WeakMap<AbortSignal, number>();
  const air = new Map<AbortSignal, { readonly from: number; readonly member: Member }>();

  const server: FleetServer = {
    mood: "ok",
    expiresIn: 3600,
    requests: 0,
    isBusy: () => clock.monotonic() <= lastAt + timeout || [...air.keys()].some(({ aborted }) => !aborted),
    httpClientOf: (member) => async (_input, init) => {
      const signal = init?.signal ?? new AbortController().signal;
      signal.throwIfAborted();
      const now = clock.monotonic();
      // The tries of one token request have a signal in common.
      const from = begun.get(signal) ?? now;
      begun.set(signal, from);
      const others = [...air].filter(([{ aborted }, other]) => !aborted && !other.member.dead);
      must(
        others.every((other) => other[1].member !== member),
        "at most one token request is in the air per process",
      );
      must(
        !ledger.isAlone(member, from) ||
          !others.some((other) => ledger.isAlone(other[1].member, other[1].from)),
        "at most one token request is in the air in the fleet",
      );
      server.requests++;
      lastAt = now;
      air.set(signal, { from, member });
      const sent = { sentAt: now, epoch: ledger.epoch, lifetime: server.expiresIn * 1000, revoked: false };
      const mood = member.cutOff ? "unreachable" : server.mood;
      // The lease goes on to the next who gets no answer: whoever waits can tell that once, and if he looks often.
      if (mood === "hangs" || mood === "unreachable") ledger.disturb(now + timeout);
      try {
        await rest(mood === "hangs" ? undefined : mood === "slow" ? 600 : 1, signal);
        if (member.dead) await rest(undefined, signal);
        if (mood !== "ok" && mood !== "slow") return refuse(mood);
        const token = `token-${ledger.tokens.size + 1}`;
        ledger.tokens.set(token, sent);
        return Response.json({ access_token: token, expires_in: sent.lifetime / 1000 });
      } finally {
        air.delete(signal);
      }
    },
  };

  /** Until a time has passed, or for good; an abort ends it. */
  const rest = (delay: number | undefined, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = delay === undefined ? undefined : clock.setTimeout(resolve, delay);
      const end = (): void => {
        clock.clearTimeout(timer);
        reject(signal.reason);
      };
      signal.addEventListener("abort", end, { once: true });
    });
  return server;
}

function refuse(mood: Exclude<FleetServer["mood"], "ok" | "slow">): Response {
  if (mood === "unreachable") throw new TypeError("fetch failed");
  if (mood === "refuses") return Response.json({ error: "invalid_client" }, { status: 401 });
  if (mood === "429") return new Response(null, { status: 429, headers: { "retry-after": "2" } });
  return new Response(null, { status: 503 });
}
