import {
  sharedTokenCache,
  type AccessToken,
  type ClientOptions,
  type Fetch,
  type ManagerOptions,
  type SharedTokenCacheOptions,
  type TokenCache,
  type TokenClient,
  type TokenEvent,
  type TokenManager,
} from "@client-token/core";
import { createHash } from "node:crypto";
import { onTestFinished, vi } from "vitest";
import { createModelClock, type ModelClock } from "../model/model-clock.ts";
import { failureOf } from "./calls.ts";
import { createInMemoryWorld, type InMemoryWorld } from "./in-memory.ts";
import { openScriptedStore, type ScriptedStore } from "./scripted-store.ts";
import { letTimePass } from "./time.ts";

/** One process of a fleet, as far as tokens go: a manager with a driver of its own for the common store. */
export interface Process {
  readonly tokens: TokenManager;
  readonly invoices: TokenClient;
  readonly events: readonly TokenEvent[];
}

/** In what a process differs from the others. */
interface ProcessOptions {
  readonly client?: Partial<ClientOptions>;
  readonly manager?: Partial<ManagerOptions>;
  readonly sharing?: SharedTokenCacheOptions;
  readonly store?: TokenCache;
  /** How far its wall clock is ahead, in milliseconds. */
  readonly skew?: number;
}

/** A fleet in one process: one token endpoint, one store, one course of time. */
export interface Fleet extends Pick<InMemoryWorld, "server" | "holdNextToken"> {
  readonly clock: ModelClock;
  readonly store: ScriptedStore;
  /** What the client of every process begins with. */
  readonly options: ClientOptions;
  readonly start: (options?: ProcessOptions) => Process;
}

/** A token lives an hour and is usable until a minute before its end, in milliseconds. */
export const hour = 3_600_000;
export const usable = hour - 60_000;

/** Nothing here takes real time: after `clock.advance(0)` everything that waits for no clock has happened. */
export function createFleet(): Fleet {
  const { server, holdNextToken, options: direct, another } = createInMemoryWorld();
  const clock = createModelClock();
  // The digest of keys would.
  const digest = vi.spyOn(crypto.subtle, "digest").mockImplementation(async (_, data) => {
    const text = new TextDecoder().decode(data);
    return new Uint8Array(createHash("sha256").update(text).digest()).buffer;
  });
  onTestFinished(() => digest.mockRestore());
  /** As fetch does, it lets go of a request that is called off. */
  const httpClient: Fetch = (input, init) =>
    new Promise((resolve, reject) => {
      const { signal } = new Request(input, init);
      signal.throwIfAborted();
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      server.token(new Request(input, init)).then(resolve, reject);
    });
  const options: ClientOptions = { ...direct, httpClient };
  const store = openScriptedStore(clock);
  return {
    server,
    clock,
    holdNextToken,
    store,
    options,
    start({ client, manager, sharing, store: own, skew = 0 } = {}) {
      const events: TokenEvent[] = [];
      const tokens = another({
        clients: { invoices: { ...options, ...client } },
        cache: sharedTokenCache(own ?? store.cache, sharing),
        clock: skew === 0 ? clock : { ...clock, now: () => clock.now() + skew },
        onEvent: (event) => events.push(event),
        ...manager,
      });
      return { tokens, invoices: tokens.client("invoices"), events };
    },
  };
}

/** Starts a process that has the token in use, and has shared it. */
export async function startWithToken(
  fleet: Fleet,
  options?: ProcessOptions,
): Promise<Process & { readonly token: AccessToken }> {
  const started = fleet.start(options);
  const token = await started.invoices.getToken();
  await fleet.clock.advance(0);
  return { ...started, token };
}

/** Starts a process that has the lease, and waits for the token endpoint's answer. */
export async function startAsking({ start, clock, holdNextToken }: Fleet): Promise<void> {
  holdNextToken();
  start()
    .invoices.getToken()
    .catch(() => {});
  await clock.advance(0);
}

/** The types of a process's events, with what tells them apart. */
export function story({ events }: Process): readonly string[] {
  return events.map((event) => {
    if (event.type === "cache-failed") return `${event.type} ${event.operation}`;
    if (event.type === "token-obtained") return `${event.type} ${event.from} ${event.reason}`;
    return event.type;
  });
}

/** The error of a call that is made now. */
export async function failureNow({ clock }: Fleet, call: Promise<unknown>): Promise<unknown> {
  const { result } = await letTimePass(clock, failureOf(call), 50);
  return result.status === "fulfilled" ? result.value : result.reason;
}

/** Deletes the token in another process of the fleet. */
export async function deleteElsewhere({ start, clock }: Fleet): Promise<void> {
  const { result } = await letTimePass(clock, start().tokens.deleteToken("invoices"), 50);
  if (result.status === "rejected") throw result.reason;
}
