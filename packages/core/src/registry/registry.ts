import { createBoundedMap } from "../cache/bounded-map.ts";
import { canonicalKey } from "../cache/canonical-key.ts";
import { waitFor } from "../clock.ts";
import { ConfigurationError } from "../errors.ts";
import type { ClientSource } from "../options/client-options.ts";
import { shapeGrant, type Grant } from "../options/grant.ts";
import type { ManagerOptions } from "../options/manager-options.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import type { ResolvedManager } from "../options/resolve-manager.ts";
import type { TokenRequest } from "../options/token-request.ts";
import { grace } from "../token-source/flight.ts";
import type { Environment, TokenSource } from "../token-source/source.ts";
import { keepTenant, letGo, sourceFor, sourcesOf, tenantOf, type Holdings } from "./holdings.ts";
import { loadOptions, noOptions, unknownClient } from "./loading.ts";
import { createSlot, type ClientSlot } from "./slot.ts";

/** Names and their clients. */
export interface Registry {
  readonly environment: Environment;
  /** @throws ConfigurationError for a name that nobody registered and nobody resolves */
  find(name: string): ClientSlot;
  register(name: string, source: ClientSource): void;
  unregister(name: string): void;
  /** How many keys are kept. */
  size(): number;
  /** Asks for the options again, in the background, if their time is over. */
  refresh(slot: ClientSlot): void;
  /** The checked options of a slot: at once, or when they are loaded. */
  optionsOf(slot: ClientSlot, signal?: AbortSignal): ResolvedClient | Promise<ResolvedClient>;
  /** The source that serves `request`. */
  sourceOf(slot: ClientSlot, options: ResolvedClient, request: TokenRequest | undefined): TokenSource;
}

export function createRegistry(
  manager: ResolvedManager,
  clients: Readonly<Record<string, ClientSource>>,
  resolve: ManagerOptions["resolveClient"],
  environment: Environment,
): Registry {
  const { clock } = manager;
  const registered = new Map<string, ClientSlot>();
  const holdings: Holdings = createBoundedMap(manager.maxKeys);
  let lastId = 0;

  const known = (name: string): ClientSlot | undefined => registered.get(name) ?? tenantOf(holdings, name);
  const retire = (name: string): void => {
    const slot = known(name);
    if (slot === undefined) return;
    slot.gone = true;
    slot.retired = true;
    registered.delete(name);
    letGo(holdings, slot);
  };

  /** Puts new options in place of old ones. Tokens that they ask for as well go on being used. */
  const renew = (slot: ClientSlot, options: ResolvedClient): void => {
    const sources = sourcesOf(holdings, slot);
    const { options: old = options } = slot;
    if (asksAlike(old, options, old.grant, options.grant)) {
      // Whoever waits for a token waits for no other one.
      slot.options = options;
      for (const source of sources) source.client = options;
      return;
    }
    const before = sources.map(({ held, proofKey, client, grant }) => ({ held, proofKey, client, grant }));
    const isRegistered = registered.get(slot.name) === slot;
    retire(slot.name);
    const heir = { ...slot, id: ++lastId, options, main: undefined, retired: false, gone: false };
    if (isRegistered) registered.set(slot.name, heir);
    else keepTenant(holdings, heir);
    for (const { held, proofKey, client, grant } of before) {
      if (held !== undefined && asksAlike(client, options, grant))
        Object.assign(sourceFor(holdings, environment, heir, options, grant), { held, proofKey });
    }
  };

  const registry: Registry = {
    environment,
    find(name) {
      const slot = known(name);
      if (slot !== undefined) return slot;
      if (resolve === undefined) throw unknownClient(name, knownNames(registered));
      const tenant = createSlot(name, ++lastId, () => resolve(name), manager);
      keepTenant(holdings, tenant);
      return tenant;
    },
    register(name, source) {
      const slot = createSlot(name, ++lastId, source, manager);
      retire(name);
      registered.set(name, slot);
    },
    unregister: retire,
    size: () => holdings.size,
    refresh(slot) {
      if (slot.freshUntil === Infinity || clock.monotonic() < slot.freshUntil || slot.loading !== undefined)
        return;
      const take = (options: ResolvedClient): void => {
        // Its place may be another's: it made room for others, or the name was registered.
        if (known(slot.name) === slot) renew(slot, options);
      };
      const bear = (error: unknown): void => {
        // A tenant that is gone; the next call says so. Anything else may pass, and what was known serves.
        if (error instanceof ConfigurationError && known(slot.name) === slot && !registered.has(slot.name)) {
          retire(slot.name);
        }
      };
      environment.inBackground(loadOptions(slot, manager).then(take, bear));
    },
    optionsOf: (slot, signal) =>
      slot.options ??
      waitFor(clock, loadOptions(slot, manager), manager.timeout + grace, () => noOptions(slot.name), signal),
    sourceOf(slot, options, request) {
      const plain =
        request === undefined ||
        (request.scope === undefined && request.resource === undefined && request.parameters === undefined);
      if (plain && slot.main?.gone === false) return slot.main;
      const grant = plain ? options.grant : shapeGrant(options.grant, request, options.check);
      const source = sourceFor(holdings, environment, slot, options, grant);
      if (plain) slot.main = source;
      return source;
    },
  };
  for (const [name, source] of Object.entries(clients)) registry.register(name, source);
  return registry;
}

/** Whether the second options would get for `next` the token that the first get for `grant`. */
function asksAlike(first: ResolvedClient, second: ResolvedClient, grant: Grant, next = grant): boolean {
  return first.dpop === second.dpop && canonicalKey(first, grant) === canonicalKey(second, next);
}

function knownNames(registered: ReadonlyMap<string, unknown>): string {
  return `it has ${[...registered.keys()].join(", ") || "none, add some to clients"}`;
}
