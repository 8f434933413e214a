// The stores beside Redis that tests can use: what runs them on this machine, and how to get them.

import { findMemcachedServer, memcachedHint } from "./memcached-server.ts";
import { findPostgresServer, postgresHint } from "./postgres-server.ts";
import { findProgram } from "./server-process.ts";

/** A program that tests would start, if there is one. */
export interface Store {
  readonly program: string | undefined;
  readonly hint: string;
}

export const stores = {
  Valkey: {
    program: findProgram(["valkey-server"]),
    hint: "install valkey-server (apt install valkey-server, brew install valkey)",
  },
  Postgres: { program: findPostgresServer(), hint: postgresHint },
  memcached: { program: findMemcachedServer(), hint: memcachedHint },
} as const satisfies Readonly<Record<string, Store>>;
