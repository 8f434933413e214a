import { describeWithPostgres } from "../../../../test/support/describe-stores.ts";
import { testRecipe } from "./recipe-contract.ts";

describeWithPostgres("over Postgres", (start) => testRecipe("postgres", start));
