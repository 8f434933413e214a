import { ConfigurationError } from "@client-token/core";
import { KeyvPostgres } from "@keyv/postgres";
import { Pool, type PoolConfig } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { describeWithPostgres } from "../../../../test/support/describe-stores.ts";
import type { PostgresServer } from "../../../../test/support/postgres-server.ts";
import { postgresLease, type PostgresQuery } from "../../src/leases/postgres.ts";
import { freshKey, keepsLeasePromises } from "./support/promises.ts";

function openPool(connectionString: string, options: PoolConfig = {}): Pool {
  const pool = new Pool({ connectionString, ...options });
  pool.on("error", () => {});
  onTestFinished(() => pool.end());
  return pool;
}

const queryOf =
  (pool: Pool): PostgresQuery =>
  (sql, params) =>
    pool.query(sql, params);

describeWithPostgres("a lease in Postgres", (start) => {
  keepsLeasePromises(async () => {
    const server = await start();
    return {
      ...server,
      connect: async () => postgresLease(queryOf(openPool(server.url))),
      connectImpatient: async () => postgresLease(queryOf(openPool(server.url, { query_timeout: 200 }))),
      async holder(key) {
        const pool = new Pool({ connectionString: server.url });
        try {
          const { rows } = await pool.query<{ owner: string }>(
            "SELECT owner FROM client_token_leases WHERE key = $1 AND expires_at > now()",
            [`${key}:lease`],
          );
          return rows[0]?.owner;
        } finally {
          await pool.end();
        }
      },
    };
  });
});

describeWithPostgres("the table of the leases in Postgres", (start) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await start();
  }, 30_000);
  afterAll(() => server.stop());

  test("is made by whoever needs it first, also if that is many at once", async () => {
    const pool = openPool(server.url, { max: 20 });
    // All connections are there before the race begins.
    await Promise.all(Array.from({ length: 20 }, () => pool.query("SELECT pg_sleep(0.1)")));
    const acquire = postgresLease(queryOf(pool), { table: "raced" });
    const key = freshKey();
    const leases = await Promise.all(Array.from({ length: 20 }, () => acquire(key, 5_000)));
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  test("may be in a schema, and be called like a word of SQL", async () => {
    const pool = openPool(server.url);
    await pool.query('CREATE SCHEMA "order"');
    const lease = await postgresLease(queryOf(pool), { table: "order.select" })(freshKey(), 5_000);
    expect((await pool.query('SELECT * FROM "order"."select"')).rowCount).toBe(1);
    await lease?.release();
    expect((await pool.query('SELECT * FROM "order"."select"')).rowCount).toBe(0);
  });

  test("has one row for a key at most, however many leases ran out", async () => {
    const pool = openPool(server.url);
    const acquire = postgresLease(queryOf(pool), { table: "reused" });
    const key = freshKey();
    for (let i = 0; i < 5; i++) {
      expect(await acquire(key, 1)).toBeDefined();
      await pool.query("SELECT pg_sleep(0.01)");
    }
    const { rows } = await pool.query("SELECT key FROM reused");
    expect(rows).toEqual([{ key: `${key}:lease` }]);
  });

  test("is named where it cannot be made; one that was made with the documented statement serves", async () => {
    const owner = openPool(server.url);
    await owner.query("CREATE ROLE app LOGIN");
    const app = openPool(server.url.replace("//postgres@", "//app@"));
    const acquire = postgresLease(queryOf(app), { table: "leases" });
    await expect(acquire(freshKey(), 5_000)).rejects.toThrow("permission denied for schema public");
    await owner.query(
      "CREATE TABLE leases (key text PRIMARY KEY, owner text NOT NULL, expires_at timestamptz NOT NULL)",
    );
    await owner.query("GRANT SELECT, INSERT, UPDATE, DELETE ON leases TO app");
    const lease = await acquire(freshKey(), 5_000);
    await lease?.release();
    expect((await owner.query("SELECT * FROM leases")).rowCount).toBe(0);
  });

  test("takes the same statement twice, as pools that try again send it", async () => {
    const query = queryOf(openPool(server.url));
    const acquire = postgresLease(async (sql, params) => {
      await query(sql, params);
      return query(sql, params);
    });
    expect(await acquire(freshKey(), 5_000)).toBeDefined();
  });

  test("is reached through @keyv/postgres", async () => {
    const store = new KeyvPostgres({ uri: server.url });
    onTestFinished(() => store.disconnect());
    const acquire = postgresLease((sql, params) => store.query(sql, params));
    const key = freshKey();
    const lease = await acquire(key, 5_000);
    expect(await acquire(key, 5_000)).toBeUndefined();
    await lease?.release();
    expect(await acquire(key, 5_000)).toBeDefined();
  });

  test("belongs to a database that takes writes: any other is a fault", async () => {
    const pool = openPool(server.url, { options: "-c default_transaction_read_only=on" });
    await expect(postgresLease(queryOf(pool), { table: "raced" })(freshKey(), 5_000)).rejects.toThrow(
      "read-only",
    );
  });
});

describe("options that postgresLease cannot use", () => {
  const query: PostgresQuery = async () => [];

  test.each([
    ["table", "1a", query],
    ["table", 'a"; DROP TABLE users; --', query],
    ["table", "Leases", query],
    ["table", "a.b.c", query],
    ["table", "", query],
    ["query", "leases", { query }],
    ["tabel", "leases", query],
  ])("are refused at construction: %s of %s", (option, table, given) => {
    const options = option === "query" ? {} : { [option]: table };
    // @ts-expect-error plain JavaScript gives anything
    const construct = () => postgresLease(given, options);
    expect(construct).toThrow(ConfigurationError);
    expect(construct).toThrow(`"${option}" of postgresLease`);
  });
});
