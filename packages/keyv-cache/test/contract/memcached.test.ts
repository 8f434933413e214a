import { describeWithMemcached } from "../../../../test/support/describe-stores.ts";
import { testRecipe } from "./recipe-contract.ts";

describeWithMemcached("over memcached", (start) => testRecipe("memcached", start));
