/// <reference lib="esnext.disposable" />
import { randomUUID } from "node:crypto";
import type { Fleet } from "./fleet.ts";
import type { Settings } from "./orders.ts";
import { startServers, type Behaviour, type Servers } from "./servers.ts";

/** A fleet at work: it has an authorization server and an API of its own. */
export interface World extends Omit<Servers, "close">, Pick<Fleet, "workers" | "order"> {
  /** Gives these workers a new manager, which knows nothing yet: by default all, with the settings they had. */
  restart(settings?: SettingsOf, workers?: readonly number[]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What is particular to each worker. */
type SettingsOf = (worker: number) => Partial<Settings>;

/** What a test changes in the usual world. */
export interface WorldOptions extends Partial<Behaviour> {
  /** Seconds that tokens live. @defaultValue 3_600 */
  readonly lifetime?: number;
  readonly settings?: SettingsOf;
}

/** Gives a fleet servers, and a shared store that is there already. */
export async function openWorld(
  fleet: Fleet,
  store: Pick<Settings, "store" | "storeModule">,
  { lifetime = 3_600, settings = () => ({}), ...behaviour }: WorldOptions,
): Promise<World> {
  const servers = await startServers(lifetime, { answerTime: 0, down: false, refusing: false, ...behaviour });
  const shared: Settings = {
    ...store,
    tokenEndpoint: servers.tokenEndpoint,
    api: servers.api,
    cacheKeyPrefix: `${randomUUID()}::`,
    // Twenty processes on a few cores make each other late, which is no fault of the store.
    deadline: 1_000,
  };
  const everybody = [...fleet.workers.keys()];
  const restart = async (
    own: SettingsOf = settings,
    workers: readonly number[] = everybody,
  ): Promise<void> => {
    const started = await Promise.allSettled(
      workers.map(async (index) => fleet.workers[index]?.order("configure", { ...shared, ...own(index) })),
    );
    for (const one of started) if (one.status === "rejected") throw one.reason;
    // What starting them cost is not to be counted.
    await fleet.order("report", undefined);
    servers.stalls.worst();
  };
  const close = async (): Promise<void> => {
    try {
      await fleet.order("close", undefined);
    } finally {
      await servers.close();
    }
  };
  try {
    await restart();
  } catch (error) {
    await close();
    throw error;
  }
  return { ...servers, workers: fleet.workers, order: fleet.order, restart, [Symbol.asyncDispose]: close };
}
