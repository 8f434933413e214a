import type { SharedFlight, SharedSubject } from "../options/shared-tokens.ts";
import type { Leases, Release } from "./leases.ts";
import type { MemoryOf } from "./memory.ts";
import type { Records } from "./records.ts";

/** What taking turns needs to know. */
export interface Rules {
  readonly records: Records;
  readonly leases: Leases;
  readonly memoryOf: MemoryOf;
  /** Names this process in its failure markers. */
  readonly writer: () => string;
  /** How long a lease lasts for a client with this `timeout`, in milliseconds. */
  readonly leaseTime: (timeout: number) => number;
}

/** One acquisition in one process. */
export interface Turn extends Rules {
  readonly subject: SharedSubject;
  readonly flight: SharedFlight;
  /** The store did not say what it holds. */
  blind: boolean;
  /** Set while this process holds the lease. */
  release: Release | undefined;
}
