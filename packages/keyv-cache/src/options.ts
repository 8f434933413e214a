import { ConfigurationError } from "@client-token/core";
import type { KeyvLike } from "./keyv-store.ts";

/** How a {@link keyvTokenCache} works. */
export interface KeyvTokenCacheOptions {
  /**
   * Milliseconds for one call of the cache, whatever the store does: from 10 to 10 000.
   * @defaultValue 250
   */
  readonly deadline?: number | undefined;
}

/** A list that the compiler keeps complete. */
const known: Readonly<Record<keyof KeyvTokenCacheOptions, 0>> = { deadline: 0 };

/** @throws ConfigurationError that names the option and the fix */
export function checkOptions(keyv: Partial<KeyvLike> | undefined, options: KeyvTokenCacheOptions): void {
  for (const method of ["get", "set", "on"] as const) {
    if (typeof keyv?.[method] !== "function") fail("keyv", `has no method "${method}": give new Keyv(…).`);
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) {
      fail(name, `is not an option. Known options: ${Object.keys(known).join(", ")}.`);
    }
  }
  const { deadline } = options;
  if (deadline === undefined) return;
  if (!(typeof deadline === "number" && deadline >= 10 && deadline <= 10_000)) {
    fail("deadline", `is ${String(deadline)}: it is in milliseconds, from 10 to 10 000.`);
  }
}

function fail(option: string, problem: string): never {
  throw new ConfigurationError(`"${option}" of keyvTokenCache ${problem}`);
}
