import type { AcquireLease } from "./acquire-lease.ts";
import { refuse } from "./client-source.ts";
import { leasesIn, type LeaseStore } from "./lease-store.ts";

/** Runs one SQL statement with the parameters `$1`, `$2` …, outside of any transaction. */
export type PostgresQuery = (
  sql: string,
  params: unknown[],
) => Promise<readonly unknown[] | { readonly rows: readonly unknown[] }>;

/** Where {@link postgresLease} keeps its leases. */
export interface PostgresLeaseOptions {
  /**
   * The table: `name` or `schema.name`, of a-z, 0-9 and _. It is made at the first use if it is missing.
   * @defaultValue `"client_token_leases"`
   */
  readonly table?: string | undefined;
}

/**
 * Leases in Postgres, in a table of their own with one row for each key at most, by the clock of the database.
 *
 * A role that may not make tables needs this one made for it, and the rights to select, insert, update and delete:
 * `CREATE TABLE client_token_leases (key text PRIMARY KEY, owner text NOT NULL, expires_at timestamptz NOT NULL)`.
 *
 * @throws ConfigurationError that names the option and the fix
 * @example
 * ```ts
 * import { keyvTokenCache, postgresLease } from "@client-token/keyv-cache";
 * import KeyvPostgres from "@keyv/postgres";
 * import { Keyv } from "keyv";
 * import { Pool } from "pg";
 *
 * const uri = "postgres://localhost:5432/tokens";
 * const store = new KeyvPostgres({ uri });
 * const pool = new Pool({ connectionString: uri });
 * pool.on("error", () => {}); // else a connection that drops ends the process
 * const cache = keyvTokenCache(new Keyv({ store }), {
 *   lease: postgresLease((sql, params) => pool.query(sql, params)),
 * });
 * ```
 */
export function postgresLease(query: PostgresQuery, options: PostgresLeaseOptions = {}): AcquireLease {
  const table = checkedTable(query, options);
  const acquire = `INSERT INTO ${table} AS held (key, owner, expires_at)
VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond')
ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
WHERE held.expires_at <= clock_timestamp() OR held.owner = excluded.owner
RETURNING key`;
  const release = `DELETE FROM ${table} WHERE key = $1 AND owner = $2 RETURNING key`;

  const changes = async (sql: string, ...params: unknown[]): Promise<boolean> => {
    const result = await query(sql, params);
    return ("rows" in result ? result.rows : result).length > 0;
  };
  const store: LeaseStore = {
    async take(key, owner, duration) {
      try {
        return await changes(acquire, key, owner, duration);
      } catch (error) {
        if (codeOf(error) !== undefinedTable) throw error;
      }
      await makeTable(query, table);
      return changes(acquire, key, owner, duration);
    },
    drop: (key, owner) => changes(release, key, owner),
  };
  return leasesIn(() => store);
}

/** SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const undefinedTable = "42P01";

/** `IF NOT EXISTS` overlooks what another session is making: unique_violation, duplicate_table, duplicate_object. */
const madeMeanwhile = new Set(["23505", "42P07", "42710"]);

async function makeTable(query: PostgresQuery, table: string): Promise<void> {
  const columns = "key text PRIMARY KEY, owner text NOT NULL, expires_at timestamptz NOT NULL";
  try {
    await query(`CREATE TABLE IF NOT EXISTS ${table} (${columns})`, []);
  } catch (error) {
    if (!madeMeanwhile.has(codeOf(error))) throw error;
  }
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** Quoted, so that it may be a word of SQL. */
function checkedTable(query: PostgresQuery, options: PostgresLeaseOptions): string {
  const { table = "client_token_leases", ...others } = options;
  if (typeof query !== "function") {
    refuse("postgresLease", "is no function: give (sql, params) => pool.query(sql, params).", "query");
  }
  for (const name of Object.keys(others)) {
    refuse("postgresLease", "is not an option. Known options: table.", name);
  }
  const name = "[a-z_][a-z0-9_]{0,62}";
  if (!new RegExp(`^${name}(\\.${name})?$`).test(table)) {
    refuse("postgresLease", 'is no plain name: write "leases" or "schema.leases", of a-z 0-9 _.', "table");
  }
  return table.replace(/\w+/g, '"$&"');
}
