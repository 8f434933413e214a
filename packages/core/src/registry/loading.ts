import { backgroundTimers, waitFor } from "../clock.ts";
import { ConfigurationError, safeCause, TokenClientError } from "../errors.ts";
import { resolveClient, type ResolvedClient } from "../options/resolve-client.ts";
import type { ResolvedManager } from "../options/resolve-manager.ts";
import { doubling } from "../policy/back-off.ts";
import type { ClientSlot } from "./slot.ts";

/** Asks for the options of a slot: once for all who wait, and after a failure only after a pause. */
export function loadOptions(slot: ClientSlot, manager: ResolvedManager): Promise<ResolvedClient> {
  slot.loading ??= load(slot, manager).finally(() => (slot.loading = undefined));
  return slot.loading;
}

async function load(slot: ClientSlot, manager: ResolvedManager): Promise<ResolvedClient> {
  const { failure } = slot;
  const { clock, timeout } = manager;
  if (failure !== undefined && clock.monotonic() < failure.until) throw failure.error;
  try {
    const loading = Promise.resolve().then(slot.load);
    // Whoever waits for them has a timer of his own.
    const options = await waitFor(backgroundTimers(clock), loading, timeout, () =>
      Error(`No options within ${timeout} ms.`),
    );
    if (options === undefined) throw unknownClient(slot.name, "resolveClient knows none of that name");
    const resolved = resolveClient(slot.name, options, manager);
    slot.options ??= resolved;
    slot.freshUntil = clock.monotonic() + manager.clientLifetime;
    slot.failure = undefined;
    return resolved;
  } catch (cause) {
    const error = cause instanceof ConfigurationError ? cause : noOptions(slot.name, cause);
    const count = (failure?.count ?? 0) + 1;
    slot.failure = { error, count, until: clock.monotonic() + doubling(count, 1000, 30_000) };
    throw error;
  }
}

export function noOptions(client: string, cause?: unknown): TokenClientError {
  return new TokenClientError("its options could not be had, see the cause.", {
    client,
    code: "ERR_TOKEN_CLIENT_OPTIONS",
    cause: safeCause(cause),
  });
}

export function unknownClient(name: string, why: string): ConfigurationError {
  return new ConfigurationError(`"${name}" is not a client of this token manager: ${why}.`);
}
