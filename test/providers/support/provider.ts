import type { ClientOptions } from "@client-token/core";
import type { Hosts } from "./network.ts";
import type { Tokens } from "./tokens.ts";

/** A provider as its documents describe it, with the client of one recipe and the API that it calls. */
export interface Provider {
  /** The recipe of docs/providers.md. */
  readonly recipe: string;
  /** The environment variable that the recipe reads, and what is in it. */
  readonly environment: readonly [name: string, value: string];
  /** A provider of its own for each test. */
  readonly start: () => { readonly hosts: Hosts; readonly tokens: Tokens };
  /** What the recipe's client calls. */
  readonly api: string;
  /** What comes of other options: an OAuth error, or the status of the API. */
  readonly strictness: readonly Deviation[];
}

/** Options that the provider does not take. */
interface Deviation {
  readonly what: string;
  readonly change: Partial<Record<keyof ClientOptions, unknown>>;
  readonly refused: string | number;
}
