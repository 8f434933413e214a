import type { Fetch, TokenEvent } from "@client-token/core";
import type { Moment } from "./model-clock.ts";
import { timeLeft, type Issued, type KeyState, type Ledger } from "./ledger.ts";

/** How the token endpoint behaves. `deaf` hangs too, and does not even notice an abort. */
export const moods = ["ok", "slow", "503", "429", "html", "unreachable", "hangs", "deaf", "refuses"] as const;
type Mood = (typeof moods)[number];

/** A token endpoint without a network, which watches what is asked of it. */
export interface AuthorizationServer {
  mood: Mood;
  /** Of the tokens from now on, in seconds. */
  expiresIn: number;
  /** How long `slow` takes, in milliseconds. */
  delay: number;
  readonly httpClient: Fetch;
  /** What the library tells. */
  readonly onEvent: (event: TokenEvent) => void;
  /** Requests of a key that nobody has called off. */
  readonly inTheAir: (key: KeyState) => number;
}

/** One acquisition, told by its signal. */
interface Flight {
  tries: number;
  /** What the key held when it began, and how long it had had that. */
  readonly held: Issued | undefined;
  readonly age: number;
  readonly secret: string | null;
}

/** `keyOf` tells the key that an event's context stands for. */
export function createAuthorizationServer(
  ledger: Ledger,
  keyOf: (context: unknown) => KeyState,
): AuthorizationServer {
  const { clock, must } = ledger;
  const flights = new WeakMap<AbortSignal, Flight>();
  const last = new Map<KeyState, { flight: Flight; token: Issued | undefined }>();
  const air = new Map<KeyState, Set<AbortSignal>>();
  const inTheAir = (key: KeyState): number =>
    [...(air.get(key) ?? [])].filter(({ aborted }) => !aborted).length;

  const board = (key: KeyState, signal: AbortSignal, secret: string | null): void => {
    must(inTheAir(key) === 0, "at most one token request is in the air per key", key.name);
    const known = flights.get(signal);
    const flight = known ?? {
      tries: 0,
      held: key.held,
      age: key.held === undefined ? 0 : clock.since(key.held.obtainedAt),
      secret,
    };
    flight.tries++;
    const most = secret === flight.secret ? 3 : 4;
    must(
      flight.tries <= most,
      "a token request is tried three times at most, and once for a new secret",
      key.name,
    );
    flights.set(signal, flight);
    if (known === undefined) takeOff(key, secret);
    last.set(key, { flight, token: undefined });
  };
  const takeOff = (key: KeyState, secret: string | null): void => {
    const now = clock.monotonic();
    must(key.callers.usedAt === now || key.callers.open > 0, "an idle client asks for nothing", key.name);
    must(
      key.failed === undefined || key.failed.secret !== secret || now - key.failed.at >= 500,
      "after a failure the next token request comes after a pause",
      key.name,
    );
    const { held } = key;
    if (held !== undefined && !held.rejected && key.callers.forcing === 0 && timeLeft(ledger, key) > 0) {
      must(
        clock.since(held.sentAt) >= Math.min(5000, held.lifetime / 4),
        "renewals are never closer than 5 s or a quarter of the lifetime",
        key.name,
      );
    }
  };

  const server: AuthorizationServer = {
    mood: "ok",
    expiresIn: 3600,
    delay: 1000,
    inTheAir,
    async httpClient(_input, init) {
      const form = init?.body instanceof URLSearchParams ? init.body : new URLSearchParams();
      const key = ledger.key(`${form.get("client_id")} ${form.get("scope") ?? ""}`);
      const signal = init?.signal ?? new AbortController().signal;
      signal.throwIfAborted();
      board(key, signal, form.get("client_secret"));
      const sentAt = clock.moment();
      const { epoch } = key;
      const { mood, delay } = server;
      const here = air.get(key) ?? new Set();
      air.set(key, here.add(signal));
      try {
        if (mood === "ok") return issue(key, epoch, sentAt);
        if (mood !== "slow") key.troubled = true;
        const pause = mood === "slow" ? delay : mood === "hangs" ? undefined : 0;
        if (mood === "deaf") return await new Promise<Response>(() => {});
        if (pause !== 0) await wait(pause, signal);
        return mood === "slow" ? issue(key, epoch, sentAt) : refuse(mood);
      } finally {
        here.delete(signal);
      }
    },
    onEvent(event) {
      if (event.type !== "token-obtained" && event.type !== "token-failed") return;
      const key = keyOf(event.context);
      const { flight, token } = last.get(key) ?? {};
      if (event.type === "token-failed") {
        key.troubled = true;
        if (!key.unsure && timeLeft(ledger, key) <= 0)
          key.failed = { at: clock.monotonic(), secret: flight?.secret };
        return;
      }
      if (flight === undefined || token === undefined) return;
      if (event.reason === "rejection" && flight.held !== undefined) {
        const { series } = flight.held;
        const coolDown = series === 0 ? 0 : Math.min(60_000, 5000 * 2 ** (series - 1));
        must(flight.age >= coolDown, "a rejected token is replaced once per cool-down", key.name);
      }
      const before =
        key.held !== undefined && clock.since(key.held.obtainedAt) < 60_000 ? key.held.series : 0;
      token.series = before + (event.reason === "rejection" ? 1 : 0);
      key.held = key.callers.aborting ? undefined : token;
      key.unsure = key.callers.aborting;
      setImmediate(() => (token.landed = ledger.tick()));
      key.failed = undefined;
    },
  };

  const issue = (key: KeyState, epoch: number, sentAt: Moment): Response => {
    const token = `token-${ledger.issued.size + 1}`;
    const one: Issued = {
      token,
      key,
      epoch,
      sentAt,
      landed: undefined,
      obtainedAt: clock.moment(),
      lifetime: server.expiresIn * 1000,
      series: 0,
      ended: false,
      revoked: false,
      rejected: false,
    };
    ledger.issued.set(token, one);
    const current = last.get(key);
    if (current !== undefined) current.token = one;
    return Response.json({ access_token: token, token_type: "Bearer", expires_in: server.expiresIn });
  };

  /** Until a time has passed, or for good; an abort ends it. */
  const wait = (milliseconds: number | undefined, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = milliseconds === undefined ? undefined : clock.setTimeout(resolve, milliseconds);
      const end = (): void => {
        clock.clearTimeout(timer);
        reject(signal.reason);
      };
      if (signal.aborted) end();
      signal.addEventListener("abort", end, { once: true });
    });
  return server;
}

function refuse(mood: Mood): Response {
  if (mood === "unreachable") throw new TypeError("fetch failed");
  if (mood === "refuses") return Response.json({ error: "invalid_client" }, { status: 401 });
  if (mood === "html") return new Response("<html>", { headers: { "content-type": "text/html" } });
  if (mood === "429") return new Response(null, { status: 429, headers: { "retry-after": "2" } });
  return new Response(null, { status: 503 });
}
