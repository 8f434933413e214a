import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { giveSqliteKeyv6 } from "../recipes/keyv-6.ts";
import { loadRecipe } from "../recipes/recipe.ts";
import { testContract } from "./recipe-contract.ts";

giveSqliteKeyv6();

const folder = mkdtempSync(join(tmpdir(), "client-token-"));
afterAll(() => rmSync(folder, { recursive: true }));

const url = `file:${join(folder, "tokens.sqlite")}`;
testContract("the recipe over SQLite", () => loadRecipe("sqlite", { url }), { leases: false });
