import { describeWithValkey } from "../../../../test/support/describe-stores.ts";
import { breakable, testOutages } from "./outages.ts";
import { testRedisFamily } from "./redis-family.ts";

describeWithValkey("Valkey", (start) => {
  testOutages(
    "valkey",
    () => breakable(start),
    (open) => testRedisFamily(start, open),
  );
});
