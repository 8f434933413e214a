import type { Kept } from "../cache/bounded-map.ts";
import type { Grant } from "../options/grant.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import type { SharedSubject } from "../options/shared-tokens.ts";
import type { TokenEvent } from "../options/token-event.ts";
import type { Flight } from "./flight.ts";
import type { HeldToken } from "../policy/held-token.ts";
import type { Trouble } from "./trouble.ts";

/** What all sources of one manager share. */
export interface Environment {
  readonly emit: (event: TokenEvent) => void;
  /** Work that nobody waits for; its failure is handled where it began. */
  readonly inBackground: (work: Promise<unknown>) => void;
  /** @throws TokenClientError when the manager is closed */
  readonly assertOpen: (client: string) => void;
}

/** Everything this process knows about the token of one key. Plain data: there may be a hundred thousand. */
export interface TokenSource extends Kept, Environment, SharedSubject {
  held: HeldToken | undefined;
  flight: Flight | undefined;
  trouble: Trouble | undefined;
}

export function createSource(environment: Environment, client: ResolvedClient, grant: Grant): TokenSource {
  return {
    ...environment,
    client,
    grant,
    held: undefined,
    flight: undefined,
    trouble: undefined,
    used: false,
    gone: false,
  };
}
