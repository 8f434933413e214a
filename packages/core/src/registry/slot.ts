import type { Kept } from "../cache/bounded-map.ts";
import type { ClientOptions, ClientSource } from "../options/client-options.ts";
import { resolveClient, type ResolvedClient } from "../options/resolve-client.ts";
import type { ResolvedManager } from "../options/resolve-manager.ts";
import type { TokenSource } from "../token-source/source.ts";

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

/** @throws ConfigurationError if the options are there and bad */
export function createSlot(
  name: string,
  id: number,
  source: ClientSource | ClientSlot["load"],
  manager: ResolvedManager,
): ClientSlot {
  const isLazy = typeof source === "function";
  return {
    name,
    id,
    load: isLazy ? source : () => source,
    options: isLazy ? undefined : resolveClient(name, source, manager),
    freshUntil: Infinity,
    loading: undefined,
    failure: undefined,
    main: undefined,
    retired: false,
    unguarded: false,
    used: false,
    gone: false,
  };
}
