import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { AuthorizationServer, TokenRequestSeen } from "./authorization-server.ts";
import type { Fleet } from "./fleet.ts";
import type { InvoicesApi } from "./invoices-api.ts";
import type { Redis } from "./redis.ts";

/** Everything that is there, and the time. */
export interface Scene {
  readonly authorizationServer: AuthorizationServer;
  readonly api: InvoicesApi;
  readonly redis: Redis;
  readonly fleet: Fleet;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/** No wait for an event lasts longer, in milliseconds: a fleet that does not get there has broken a promise. */
const patience = 15_000;

export async function rest({ signal }: Scene, milliseconds: number): Promise<void> {
  await sleep(milliseconds, undefined, { signal });
}

/** Waits for work that does not know of the signal. */
export async function unlessStopped<T>({ signal }: Scene, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const stopped = once(signal, "abort").then(() => {
    throw signal.reason;
  });
  return Promise.race([work, stopped]);
}

/** Waits for something to happen; gives up after a while. */
export async function until<T>(scene: Scene, look: () => T | undefined): Promise<T | undefined> {
  const deadline = performance.now() + patience;
  for (;;) {
    const found = look();
    if (found !== undefined || performance.now() > deadline) return found;
    await rest(scene, 10);
  }
}

/** The first token request from now on. */
export async function nextTokenRequest(scene: Scene): Promise<TokenRequestSeen | undefined> {
  const { tokenRequests } = scene.authorizationServer;
  const known = tokenRequests.length;
  return until(scene, () => tokenRequests[known]);
}

/** Waits until one more token request has been answered like this. */
export async function nextAnswer(scene: Scene, status: number): Promise<void> {
  const { tokenRequests } = scene.authorizationServer;
  const count = (): number => tokenRequests.filter((one) => one.status === status).length;
  const known = count();
  await until(scene, () => (count() > known ? true : undefined));
}

/** How the fleet has been served since a moment. */
export interface Service {
  readonly processes: number;
  /** Different tokens that these were served with, each the last time. */
  readonly tokens: number;
}

export function serviceSince({ api }: Scene, moment: number): Service {
  const served = [...api.lastServed.values()].filter(({ at }) => at > moment);
  return { processes: served.length, tokens: new Set(served.map(({ token }) => token)).size };
}
