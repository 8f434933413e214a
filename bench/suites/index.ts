import { adapters } from "./adapters.ts";
import { coldCalls } from "./cold-calls.ts";
import { hotPath } from "./hot-path.ts";
import { loopback } from "./loopback.ts";
import type { Suite } from "./suite.ts";
import { tenants } from "./tenants.ts";

/** Everything that is measured, by the name on the command line and of the results file. */
export const suites: Readonly<Record<string, Suite>> = {
  "hot-path": hotPath,
  adapters,
  loopback,
  "cold-calls": coldCalls,
  tenants,
};
