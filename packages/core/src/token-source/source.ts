import type { Kept } from "../cache/bounded-map.ts";
import type { Grant } from "../options/grant.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import type { SharedSubject } from "../options/shared-tokens.ts";
import type { Flight } from "./flight.ts";
import type { Trouble } from "./trouble.ts";

/** What all sources of one manager share. */
export type Environment = Pick<SharedSubject, "emit" | "inBackground" | "assertOpen">;

/** Everything this process knows about the token of one key. Plain data: there may be a hundred thousand. */
export interface TokenSource extends Kept, SharedSubject {
  /** Others take its place that ask for the same tokens. */
  client: ResolvedClient;
  flight: Flight | undefined;
  trouble: Trouble | undefined;
}

export function createSource(environment: Environment, client: ResolvedClient, grant: Grant): TokenSource {
  return {
    ...environment,
    client,
    grant,
    held: undefined,
    proofKey: undefined,
    flight: undefined,
    trouble: undefined,
    used: false,
    gone: false,
  };
}
