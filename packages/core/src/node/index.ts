/** What only Node, Bun and Deno have: `@client-token/core/node`. */
export { assertionFromEnv, assertionFromFile, type AssertionSourceOptions } from "./assertions.ts";
