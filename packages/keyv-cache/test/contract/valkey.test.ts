import { describeWithValkey } from "../../../../test/support/describe-stores.ts";
import { testRecipe } from "./recipe-contract.ts";

describeWithValkey("over Valkey", (start) => testRecipe("valkey", start));
