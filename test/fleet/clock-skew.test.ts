import { describeSkewedFleet } from "./support/skewed-fleet.ts";

// The clocks are wrong by more than the one life and by less than the other. Whole lives of the short ones: test/slow.
describeSkewedFleet([
  { lifetime: 60, seconds: 30, renewals: 1 },
  { lifetime: 3_600, seconds: 2, renewals: 0 },
]);
