import type { TokenCache } from "../options/token-cache.ts";
import { entryCases } from "./contract/entry-cases.ts";
import { leaseCases } from "./contract/lease-cases.ts";
import { lifeCases } from "./contract/life-cases.ts";
import { subjectOf, type ContractCases } from "./contract/subject.ts";

/** One sentence of the contract, as a test. */
export interface TokenCacheCase {
  /** What a {@link TokenCache} does, for example `"gives back every field of an entry"`. */
  readonly name: string;
  /** Settles within seconds. Rejects with what the cache did instead. */
  readonly run: () => Promise<void>;
}

/** What a {@link tokenCacheContract} should know of the store. */
export interface TokenCacheContractOptions {
  /**
   * `false` leaves out what is said about leases, for stores that have no atomic step to take one.
   * @defaultValue true
   */
  readonly leases?: boolean | undefined;
}

/**
 * The conformance suite of {@link TokenCache}, for any test runner. Cases may run at the same time, over a store
 * that others use too: each has keys of its own, which the store forgets in time.
 *
 * @param create - gives the cache to a case: a new one, or the same for all
 * @example
 * ```ts
 * import { memoryTokenCache } from "@client-token/core";
 * import { tokenCacheContract } from "@client-token/core/testing";
 * import { test } from "node:test";
 *
 * for (const { name, run } of tokenCacheContract(() => memoryTokenCache())) test(name, run);
 * ```
 */
export function tokenCacheContract(
  create: () => TokenCache | Promise<TokenCache>,
  options: TokenCacheContractOptions = {},
): readonly TokenCacheCase[] {
  const { leases = true } = options;
  const cases: ContractCases = { ...entryCases, ...lifeCases, ...(leases ? leaseCases : {}) };
  return Object.entries(cases).map(([name, check]) => ({
    name,
    run: async () => check(subjectOf(await create())),
  }));
}
