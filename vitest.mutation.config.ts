import { defineConfig } from "vitest/config";

const source = "@client-token/source";

export default defineConfig({
  resolve: { conditions: [source, "module", "node", "development|production"] },
  ssr: { resolve: { conditions: [source, "module", "node", "development|production"] } },
  test: {
    include: ["packages/core/test/{unit,behaviour}/**/*.test.ts"],
    exclude: ["**/process-exit.test.ts"],
    bail: 1,
  },
});
