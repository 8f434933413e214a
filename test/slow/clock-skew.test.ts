import { describeSkewedFleet } from "../fleet/support/skewed-fleet.ts";

// Renewals are due at 24–27 s; in that time the first token ends, and the one that renewed it.
describeSkewedFleet([{ lifetime: 60, seconds: 105, renewals: 4 }]);
