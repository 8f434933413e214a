import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { giveSqliteKeyv6 } from "./keyv-6.ts";
import { loadRecipe } from "./recipe.ts";
import { expectNoDelay, expectReadsOnly, expectSharing, startService, type Service } from "./service.ts";

giveSqliteKeyv6();

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "client-token-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function open(file: string): Promise<Service> {
  return startService(await loadRecipe("sqlite", { url: `file:${file}` }));
}

describe("SQLite: the recipe", () => {
  test("shares tokens from the first call on", async () => {
    const file = join(await freshFolder(), "tokens.sqlite");
    await using one = await open(file);
    await using other = await open(file);
    await one.get("list");
    expect(await other.finds("list")).toBe(true);
    expect([...one.failures(), ...other.failures()]).toEqual([]);
  });

  test("goes on while another process has the lock, and stands still for 50 ms at each write", async () => {
    const file = join(await freshFolder(), "tokens.sqlite");
    await using service = await open(file);
    const other = new DatabaseSync(file);
    onTestFinished(() => other.close());
    await expectReadsOnly(service, () => other.exec("BEGIN EXCLUSIVE"), /database is locked/);
    const begin = performance.now();
    await service.get("write");
    const took = performance.now() - begin;
    expect(took).toBeGreaterThan(45);
    expect(took).toBeLessThan(400);
    other.exec("ROLLBACK");
    await expectSharing(service);
  });

  test("goes on while its file takes no writes", async () => {
    const file = join(await freshFolder(), "tokens.sqlite");
    const recipe = await loadRecipe<{ keyv: { store: { query(sql: string): unknown } } }>("sqlite", {
      url: `file:${file}`,
      changes: { "const keyv": "export const keyv" },
    });
    await using service = startService(recipe);
    await expectReadsOnly(
      service,
      () => recipe.keyv.store.query("PRAGMA query_only = 1"),
      /readonly database/,
    );
  });

  test("shares nothing if it could not open its file, until the process starts anew", async () => {
    const folder = join(await freshFolder(), "missing");
    await using service = await open(join(folder, "tokens.sqlite"));
    await service.call();
    expect(service.failures().join()).toMatch(/unable to open database file/);
    await expectNoDelay(service);
    await mkdir(folder);
    await service.get("list");
    expect(await service.finds("list")).toBe(false);
  });
});
