import { createTokenManager, type TokenManager } from "@client-token/core";
import { bytesKept } from "../harness/garbage.ts";
import { createStubTokenEndpoint, tokenLength } from "../harness/stub-token-endpoint.ts";
import { repeat, takeTurns, type Batch } from "../harness/turns.ts";
import type { Suite } from "./suite.ts";

/** Managers with few and with many tenants: nanoseconds per look-up by name, and bytes per token. */
export const tenants: Suite = async ({ tenants: { few, some, many }, lookUps }, backwards) => {
  const names = shuffle(Array.from({ length: many }, (_, number) => `tenant-${number}`));
  await using small = createTenants();
  await using medium = createTenants();
  await using large = createTenants();
  await fill(small, names.slice(0, few));
  await fill(medium, names.slice(0, some));
  const before = await bytesKept();
  await fill(large, names);
  const bytes = (await bytesKept()) - before;

  const times = await takeTurns(
    {
      few: lookUp(small, names.slice(0, few)),
      some: lookUp(medium, names.slice(0, some)),
      many: lookUp(large, names),
    },
    lookUps,
    backwards,
  );
  return { ...times, bytesPerToken: bytes / many, bytesBeyondToken: bytes / many - tokenLength };
};

function createTenants(): TokenManager {
  return createTokenManager({
    resolveClient: (name) => ({
      tokenEndpoint: `https://sts.company.com/${name}/token`,
      clientId: name,
      clientSecret: "s3cret",
    }),
    httpClient: createStubTokenEndpoint().httpClient,
    // Two keys for each tenant: its options and its token.
    maxKeys: 250_000,
  });
}

async function fill(tokens: TokenManager, names: readonly string[]): Promise<void> {
  for (let start = 0; start < names.length; start += 500) {
    await tokens.warmUp(...names.slice(start, start + 500));
  }
}

/** Walks through the names, which are in no order: neighbours here are no neighbours in memory. */
function lookUp(tokens: TokenManager, names: readonly string[]): Batch {
  let next = 0;
  return repeat(() => {
    next = (next + 1) % names.length;
    return tokens.client(names[next] ?? "").peekToken() !== undefined;
  }, true);
}

/** Fisher–Yates, with the same outcome each time. */
function shuffle(values: string[]): string[] {
  let state = 1;
  for (let last = values.length - 1; last > 0; last--) {
    state = (state * 48_271) % 2_147_483_647;
    const other = state % (last + 1);
    [values[last], values[other]] = [values[other] ?? "", values[last] ?? ""];
  }
  return values;
}
