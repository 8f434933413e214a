import { isTokenError, type TokenCache, type TokenRequest } from "@client-token/core";
import { createFleet, type Process } from "../support/fleet.ts";
import type { ScriptedStore } from "../support/scripted-store.ts";
import {
  createFleetLedger,
  leaseTime,
  longestCall,
  timeout,
  type FleetLedger,
  type Member,
} from "./fleet-ledger.ts";
import { createFleetServer, type FleetServer } from "./fleet-server.ts";
import { treatStore, type StoreMood } from "./fleet-store.ts";

/** A fleet over one store, and what can happen to it. */
export interface FleetWorld {
  readonly ledger: FleetLedger;
  readonly server: FleetServer;
  readonly store: ScriptedStore;
  /** By place; when a process is killed, another takes its place. */
  readonly members: Member[];
  /** Calls that may still be aborted. */
  readonly open: Set<AbortController>;
  readonly getToken: (place: number, forceRenewal: boolean) => void;
  readonly peekToken: (place: number) => void;
  readonly callApi: (place: number) => void;
  readonly deleteToken: (place: number) => void;
  readonly kill: (place: number) => void;
  readonly setStore: (mood: StoreMood) => void;
  readonly plantLease: () => void;
}

export function createFleetWorld(count: number): FleetWorld {
  const { clock, store, start } = createFleet();
  const ledger = createFleetLedger(clock);
  const { must, handOut } = ledger;
  const server = createFleetServer(ledger);
  const processes = new Map<Member, Process>();
  /** Which deletion each mark in the store stands for. */
  const epochs = new Map<unknown, number>();
  let lastId = 0;

  /** What a process sees of the store: nothing more, once it is dead. */
  const storeOf = (member: Member): TokenCache => {
    const whileAlive = <T>(work: () => Promise<T>): Promise<T> =>
      member.dead ? new Promise(() => {}) : work();
    return {
      get: (key) =>
        whileAlive(async () => {
          const entry = await store.cache.get(key);
          ledger.heard(member);
          const told = entry?.kind === "tombstone" ? epochs.get(entry["id"]) : undefined;
          // From the next turn of the event loop on the process has understood it.
          if (ledger.healthy) setImmediate(() => (member.epoch = Math.max(member.epoch, told ?? 0)));
          return entry;
        }),
      set: (key, entry) => {
        if (entry.kind === "tombstone") epochs.set(entry["id"], member.epoch);
        return whileAlive(() => store.cache.set(key, entry));
      },
      acquireLease: (key, duration) =>
        whileAlive(async () => {
          const lease = await store.cache.acquireLease(key, duration);
          return lease && { release: () => whileAlive(() => lease.release()) };
        }),
    };
  };

  const begin = (): Member => {
    const member: Member = {
      id: ++lastId,
      skew: 0,
      cutOff: false,
      dead: false,
      epoch: 0,
      knowsAt: ledger.healthy ? clock.monotonic() : -Infinity,
      seen: new Set(),
    };
    const process = start({
      client: { httpClient: server.httpClientOf(member), timeout },
      store: storeOf(member),
      manager: { clock: { ...clock, now: () => clock.now() + member.skew } },
    });
    processes.set(member, process);
    return member;
  };
  const at = (place: number): { member: Member; process: Process; known: number } => {
    const member = world.members[place];
    const process = member && processes.get(member);
    if (member === undefined || process === undefined) throw new Error(`There is no process ${place}.`);
    return { member, process, known: member.epoch };
  };

  /** Watches one call from its beginning to its end. */
  const watch = (member: Member, phases: number, call: (request: TokenRequest) => Promise<unknown>): void => {
    const startedAt = clock.monotonic();
    const controller = new AbortController();
    world.open.add(controller);
    const settle = (): void => {
      world.open.delete(controller);
      const waited = clock.monotonic() - startedAt;
      must(member.dead || waited <= phases * longestCall, "every call ends in time", `${waited} ms`);
    };
    call({ signal: controller.signal }).then(settle, (error: unknown) => {
      settle();
      const isOwn = controller.signal.aborted && error === controller.signal.reason;
      must(isOwn || isTokenError(error), "a call fails with a typed error", String(error));
    });
  };

  const world: FleetWorld = {
    ledger,
    server,
    store,
    members: Array.from({ length: count }, begin),
    open: new Set(),
    getToken(place, forceRenewal) {
      const { member, process, known } = at(place);
      if (forceRenewal) ledger.disturb();
      watch(member, 1, async (request) => {
        const { accessToken } = await process.invoices.getToken({ ...request, forceRenewal });
        if (!member.dead) handOut(member, accessToken, known);
      });
    },
    peekToken(place) {
      const { member, process, known } = at(place);
      const token = process.invoices.peekToken();
      if (token !== undefined) handOut(member, token.accessToken, known);
    },
    callApi(place) {
      const { member, process, known } = at(place);
      watch(member, 2, async (request) => {
        const token = await process.invoices.getToken(request);
        const one = member.dead ? undefined : handOut(member, token.accessToken, known);
        if (one === undefined || (!one.revoked && clock.monotonic() < one.sentAt + one.lifetime)) return;
        const { accessToken } = await process.invoices.rejectToken(token, request);
        if (!member.dead) handOut(member, accessToken, known);
      });
    },
    deleteToken(place) {
      const { member, process } = at(place);
      ledger.deleted(member);
      watch(member, 1, () => process.tokens.deleteToken("invoices"));
    },
    kill(place) {
      at(place).member.dead = true;
      ledger.disturb();
      world.members[place] = begin();
    },
    setStore(mood) {
      ledger.fault();
      ledger.healthy = mood === "ok";
      treatStore(store, clock, mood);
    },
    plantLease() {
      const until = clock.monotonic() + 3 * leaseTime;
      ledger.disturb(until);
      for (const key of store.entries.keys()) store.leases.set(key, { until });
    },
  };
  return world;
}
