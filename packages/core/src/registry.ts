import { createBoundedMap, type BoundedMap, type Kept } from "./cache/bounded-map.ts";
import { canonicalKey, grantKey } from "./cache/canonical-key.ts";
import { waitFor } from "./clock.ts";
import { ConfigurationError, safeCause, TokenClientError } from "./errors.ts";
import type { ClientOptions, ClientSource } from "./options/client-options.ts";
import { shapeGrant, type Grant } from "./options/grant.ts";
import type { ManagerOptions } from "./options/manager-options.ts";
import { resolveClient, type ResolvedClient } from "./options/resolve-client.ts";
import type { ResolvedManager } from "./options/resolve-manager.ts";
import type { TokenRequest } from "./options/token-request.ts";
import { doubling } from "./policy/back-off.ts";
import { grace } from "./token-source/flight.ts";
import { createSource, type Environment, type TokenSource } from "./token-source/source.ts";
import { drop } from "./token-source/token-source.ts";

/** One registered name. New options make a new slot; whoever holds a slot that is `gone` looks it up again. */
export interface ClientSlot extends Kept {
  readonly name: string;
  /** Tells the sources of this slot from those of an earlier one of the same name. */
  readonly id: number;
  /** Asked for the options until they are there. */
  readonly load: () => ClientOptions | undefined | Promise<ClientOptions | undefined>;
  options: ResolvedClient | undefined;
  /** When the options are asked for again, in monotonic milliseconds. */
  freshUntil: number;
  loading: Promise<ResolvedClient> | undefined;
  failure: { readonly error: unknown; readonly count: number; readonly until: number } | undefined;
  /** The source of calls that ask for nothing in particular. */
  main: TokenSource | undefined;
  /** New options took its place, or none: what it got meanwhile is not handed out. */
  retired: boolean;
  /** Whether `origin-unguarded` has been told. */
  unguarded: boolean;
}

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
  const kept: BoundedMap<ClientSlot | TokenSource> = createBoundedMap(manager.maxKeys);
  let lastId = 0;

  const createSlot = (
    name: string,
    source: ClientSource | (() => ReturnType<ClientSlot["load"]>),
  ): ClientSlot => ({
    name,
    id: ++lastId,
    load: typeof source === "function" ? source : () => source,
    options: typeof source === "function" ? undefined : resolveClient(name, source, manager),
    freshUntil: Infinity,
    loading: undefined,
    failure: undefined,
    main: undefined,
    retired: false,
    unguarded: false,
    used: false,
    gone: false,
  });

  /** Asks once; if that failed, again only after a pause. */
  const load = async (slot: ClientSlot): Promise<ResolvedClient> => {
    const { failure } = slot;
    try {
      if (failure !== undefined && clock.monotonic() < failure.until) throw failure.error;
      const options = await waitFor(clock, Promise.resolve().then(slot.load), manager.timeout, () =>
        Error(`No options within ${manager.timeout} ms.`),
      );
      if (options === undefined) throw unknownClient(slot.name, "resolveClient knows none of that name");
      const resolved = resolveClient(slot.name, options, manager);
      slot.options ??= resolved;
      slot.freshUntil = clock.monotonic() + manager.clientLifetime;
      slot.failure = undefined;
      return resolved;
    } catch (cause) {
      if (cause === failure?.error) throw cause;
      const error = cause instanceof ConfigurationError ? cause : noOptions(slot.name, cause);
      const count = (failure?.count ?? 0) + 1;
      slot.failure = { error, count, until: clock.monotonic() + doubling(count, 1000, 30_000) };
      throw error;
    }
  };

  const known = (name: string): ClientSlot | undefined => {
    const slot = registered.get(name) ?? kept.get(`client ${name}`);
    return slot !== undefined && "load" in slot ? slot : undefined;
  };
  const sourcesOf = function* (slot: ClientSlot): Generator<[key: string, source: TokenSource]> {
    for (const [key, source] of kept.entries()) {
      if ("grant" in source && key.startsWith(`token ${slot.id} `)) yield [key, source];
    }
  };
  const retire = (name: string): void => {
    const slot = known(name);
    if (slot === undefined) return;
    slot.gone = true;
    slot.retired = true;
    registered.delete(name);
    kept.delete(`client ${name}`);
    for (const [key, source] of sourcesOf(slot)) {
      kept.delete(key);
      drop(source);
    }
  };

  const sourceFor = (slot: ClientSlot, options: ResolvedClient, grant: Grant): TokenSource => {
    // The slot stands for everything else that shapes the token; a short key is a fast one.
    const key = `token ${slot.id} ${grantKey(grant)}`;
    const found = kept.get(key);
    if (found !== undefined && "grant" in found) return found;
    const source = createSource(environment, options, grant);
    kept.set(key, source);
    return source;
  };

  /** Puts new options in place of old ones. Tokens that they ask for as well go on being used. */
  const renew = (slot: ClientSlot, options: ResolvedClient): void => {
    const sources = [...sourcesOf(slot)].map(([, { held, client, grant }]) => ({ held, client, grant }));
    const isRegistered = registered.get(slot.name) === slot;
    retire(slot.name);
    const heir = { ...slot, id: ++lastId, options, main: undefined, retired: false, gone: false };
    if (isRegistered) registered.set(slot.name, heir);
    else kept.set(`client ${slot.name}`, heir);
    for (const { held, client, grant } of sources) {
      if (held !== undefined && asksAlike(client, options, grant))
        sourceFor(heir, options, grant).held = held;
    }
  };

  const registry: Registry = {
    environment,
    find(name) {
      const slot = known(name);
      if (slot !== undefined) return slot;
      if (resolve === undefined) throw unknownClient(name, knownNames(registered));
      const tenant = createSlot(name, () => resolve(name));
      kept.set(`client ${name}`, tenant);
      return tenant;
    },
    register(name, source) {
      const slot = createSlot(name, source);
      retire(name);
      registered.set(name, slot);
    },
    unregister: retire,
    size: () => kept.size,
    refresh(slot) {
      if (slot.freshUntil === Infinity || clock.monotonic() < slot.freshUntil || slot.loading !== undefined)
        return;
      const loading = load(slot).finally(() => (slot.loading = undefined));
      slot.loading = loading;
      const take = (options: ResolvedClient): void => {
        if (!slot.retired) renew(slot, options);
      };
      const bear = (error: unknown): void => {
        // A tenant that is gone; the next call says so. Anything else may pass, and what was known serves.
        if (error instanceof ConfigurationError && known(slot.name) === slot && !registered.has(slot.name)) {
          retire(slot.name);
        }
      };
      environment.inBackground(loading.then(take, bear));
    },
    optionsOf(slot, signal) {
      if (slot.options !== undefined) return slot.options;
      slot.loading ??= load(slot).finally(() => (slot.loading = undefined));
      return waitFor(clock, slot.loading, manager.timeout + grace, () => noOptions(slot.name), signal);
    },
    sourceOf(slot, options, request) {
      const plain =
        request === undefined ||
        (request.scope === undefined && request.resource === undefined && request.parameters === undefined);
      if (plain && slot.main?.gone === false) return slot.main;
      const grant = plain ? options.grant : shapeGrant(options.grant, request, options.check);
      const source = sourceFor(slot, options, grant);
      if (plain) slot.main = source;
      return source;
    },
  };
  for (const [name, source] of Object.entries(clients)) registry.register(name, source);
  return registry;
}

/** Whether both options would get the same token for `grant`. */
function asksAlike(first: ResolvedClient, second: ResolvedClient, grant: Grant): boolean {
  return first.dpop === second.dpop && canonicalKey(first, grant) === canonicalKey(second, grant);
}

function noOptions(client: string, cause?: unknown): TokenClientError {
  return new TokenClientError("its options could not be had, see the cause.", {
    client,
    code: "ERR_TOKEN_CLIENT_OPTIONS",
    cause: safeCause(cause),
  });
}

function unknownClient(name: string, why: string): ConfigurationError {
  return new ConfigurationError(`"${name}" is not a client of this token manager: ${why}.`);
}

function knownNames(registered: ReadonlyMap<string, unknown>): string {
  return `it has ${[...registered.keys()].join(", ") || "none, add some to clients"}`;
}
