/** For tests: `@client-token/core/testing`. Web APIs only. */
export { createFakeClock, type FakeClock } from "./fake-clock.ts";
export {
  createFakeTokenServer,
  type Answer,
  type FakeTokenServer,
  type FakeTokenServerOptions,
  type SeenTokenRequest,
} from "./fake-token-server.ts";
export {
  tokenCacheContract,
  type TokenCacheCase,
  type TokenCacheContractOptions,
} from "./token-cache-contract.ts";
