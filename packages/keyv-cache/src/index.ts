export { keyvTokenCache } from "./keyv-token-cache.ts";
export type { KeyvLike } from "./keyv-store.ts";
export type { KeyvTokenCacheOptions } from "./options.ts";

export type { AcquireLease } from "./leases/acquire-lease.ts";
export type { ClientSource } from "./leases/client-source.ts";
export { memcacheLease, type MemcacheLeaseClient } from "./leases/memcache.ts";
export { postgresLease, type PostgresLeaseOptions, type PostgresQuery } from "./leases/postgres.ts";
export { redisLease, type RedisLeaseClient } from "./leases/redis.ts";
export { valkeyLease, type ValkeyLeaseClient } from "./leases/valkey.ts";

export { aesGcm, type EntryEncryption } from "./encryption.ts";
export type { EncryptionKey, EncryptionKeys } from "./encryption-keys.ts";
