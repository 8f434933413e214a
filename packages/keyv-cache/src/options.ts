import { ConfigurationError, type SharedTokenCacheOptions } from "@client-token/core";
import type { EntryEncryption } from "./encryption.ts";
import type { KeyvLike } from "./keyv-store.ts";
import type { AcquireLease } from "./leases/acquire-lease.ts";

/** How a {@link keyvTokenCache} works. */
export interface KeyvTokenCacheOptions extends SharedTokenCacheOptions {
  /**
   * Lets one process at a time ask for a token, so that a fleet asks once: `redisLease`, `valkeyLease`,
   * `postgresLease` or `memcacheLease`, over the store that the Keyv uses. Keyv itself has no such step.
   * @defaultValue none: each process asks for itself
   */
  readonly lease?: AcquireLease | undefined;
  /**
   * Encrypts what is stored, `aesGcm([{ id, secret }])` for example. What it does not decrypt is a miss.
   * @defaultValue none: entries are plain text
   */
  readonly encryption?: EntryEncryption | undefined;
}

/** A list that the compiler keeps complete. */
const known: Readonly<Record<keyof KeyvTokenCacheOptions, 0>> = {
  deadline: 0,
  lookInterval: 0,
  lease: 0,
  encryption: 0,
};

/** @throws ConfigurationError that names the option and the fix */
export function checkOptions(
  keyv: (Partial<KeyvLike> & { readonly opts?: unknown }) | undefined,
  options: KeyvTokenCacheOptions,
): void {
  for (const method of ["get", "set", "on"] as const) {
    if (typeof keyv?.[method] !== "function") fail("keyv", `has no method "${method}": give new Keyv(…).`);
  }
  // All stores of Keyv have the first, and all Keyvs the second. A store alone has other keys than a Keyv over it.
  if (keyv?.opts !== undefined && keyv.getRaw === undefined) {
    fail("keyv", "is a store: give new Keyv({ store }).");
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) {
      fail(name, `is not an option. Known options: ${Object.keys(known).join(", ")}.`);
    }
  }
  const { lease, encryption } = options;
  if (lease !== undefined && typeof lease !== "function") {
    fail("lease", "is no lease: give redisLease(…), valkeyLease(…), postgresLease(…) or memcacheLease(…).");
  }
  if (encryption === undefined) return;
  for (const method of ["encrypt", "decrypt"] as const) {
    if (typeof encryption?.[method] !== "function") {
      fail("encryption", `has no method "${method}": give aesGcm([{ id, secret }]).`);
    }
  }
}

function fail(option: string, problem: string): never {
  throw new ConfigurationError(`"${option}" of keyvTokenCache ${problem}`);
}
