import { randomUUID } from "node:crypto";
import pg from "pg";
import { beforeAll, expect, test } from "vitest";
import { describeWithPostgres } from "../../../../test/support/describe-stores.ts";
import type { PostgresServer } from "../../../../test/support/postgres-server.ts";
import { testOutages } from "./outages.ts";
import { fences } from "./recipe.ts";
import { expectReadsOnly, expectSharing } from "./service.ts";

/** The setting holds for connections that come after it. */
const readOnly = `
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();`;

/** What a full disk looks like to a client. */
const full = `
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'could not extend file: no space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON tokens EXECUTE FUNCTION refuse();
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON client_token_leases EXECUTE FUNCTION refuse();`;

async function run({ url }: { readonly url: string }, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function fence(beginning: string): Promise<string> {
  const [sql] = await fences(`sql\n${beginning}`);
  if (sql === undefined) throw new Error(`docs/stores.md has no SQL that begins with ${beginning}.`);
  return sql;
}

describeWithPostgres("Postgres", (start) => {
  const startWithTables = async (): Promise<PostgresServer> => {
    const server = await start();
    await run(server, await fence("CREATE TABLE"));
    return server;
  };

  testOutages("postgres", startWithTables, (open) => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await start();
      return () => server.stop();
    });

    const createDatabase = async (): Promise<{ url: string }> => {
      const name = `test_${randomUUID().replaceAll("-", "")}`;
      await run(server, `CREATE DATABASE ${name}`);
      return { url: new URL(`/${name}`, server.url).href };
    };

    test("makes its tables", async () => {
      await using service = await open({ ...(await createDatabase()), patient: true });
      await expectSharing(service);
    });

    test("shares from the first call on with a role that may make no tables", async () => {
      const database = await createDatabase();
      await run(database, await fence("CREATE TABLE"));
      const role = new URL(database.url).pathname.slice(1);
      await run(
        database,
        `CREATE ROLE ${role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`,
      );
      const url = database.url.replace("//postgres@", `//${role}@`);
      await using service = await open({ url, patient: true });
      await service.get("list");
      expect(await service.finds("list")).toBe(true);
      expect(service.failures()).toEqual([]);
    });

    test("goes on while its database is read-only", async () => {
      const database = await createDatabase();
      await using service = await open({ ...database, patient: true });
      await expectReadsOnly(service, () => run(database, readOnly), /read-only transaction/);
    });

    test("goes on while its database is full", async () => {
      const database = await createDatabase();
      await using service = await open({ ...database, patient: true });
      await expectReadsOnly(service, () => run(database, full), /no space left/);
    });

    test("leaves entries that have ended in the table, until they are removed", async () => {
      const database = await createDatabase();
      await using service = await open({ ...database, patient: true });
      await expectSharing(service);
      const ended = JSON.stringify({ value: "an entry", expires: Date.now() - 1 });
      await run(database, `INSERT INTO tokens VALUES ('ended', '${ended}')`);
      const rows = async (): Promise<number> => (await run(database, "SELECT key FROM tokens")).length;
      const before = await rows();
      await run(database, await fence("DELETE"));
      expect(await rows()).toBe(before - 1);
    });
  });
});
