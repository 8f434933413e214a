export { keyvTokenCache } from "./keyv-token-cache.ts";
export type { KeyvLike } from "./keyv-store.ts";
export type { KeyvTokenCacheOptions } from "./options.ts";
