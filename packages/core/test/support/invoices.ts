import {
  createTokenManager,
  type ClientOptions,
  type ManagerOptions,
  type TokenClient,
  type TokenEvent,
  type TokenManager,
} from "@client-token/core";
import { createFakeClock, type FakeClock } from "@client-token/core/testing";

/** A manager that has one client, `invoices`. */
export interface Invoices {
  readonly clock: FakeClock;
  readonly events: readonly TokenEvent[];
  readonly options: ClientOptions;
  readonly tokens: TokenManager;
  readonly invoices: TokenClient;
  /** One more process of the same fleet, with a client `invoices` of its own. */
  readonly another: (manager: Partial<ManagerOptions>) => TokenManager;
}

export function createInvoices(
  options: ClientOptions,
  manager: Partial<ManagerOptions> = {},
  clock: FakeClock = createFakeClock(),
): Invoices {
  const events: TokenEvent[] = [];
  const another = (more: Partial<ManagerOptions>): TokenManager =>
    createTokenManager<string>({
      clients: { invoices: options },
      clock,
      onEvent: (event) => events.push(event),
      ...more,
    });
  const tokens = another(manager);
  return { clock, events, options, tokens, invoices: tokens.client("invoices"), another };
}
