import { tokenCacheContract } from "@client-token/core/testing";
import { keyvTokenCache } from "@client-token/keyv-cache";
import { describe, expect, test } from "vitest";
import { majors } from "../support/keyvs.ts";

describe.concurrent.each(majors)(
  "keyvTokenCache over $name in memory keeps the contract: it",
  ({ inMemory }) => {
    test.each(tokenCacheContract(() => keyvTokenCache(inMemory()), { leases: false }))(
      "$name",
      async ({ run }) => {
        await expect(run()).resolves.toBeUndefined();
      },
    );
  },
);
