import { defineConfig } from "vitest/config";

const source = "@client-token/source";
const project = (name: string, folder: string) => ({
  extends: true as const,
  test: { name, include: [`${folder}/**/*.test.ts`] },
});

export default defineConfig({
  resolve: { conditions: [source, "module", "node", "development|production"] },
  ssr: { resolve: { conditions: [source, "module", "node", "development|production"] } },
  test: {
    // Much of the time is spent waiting for servers.
    maxWorkers: 3,
    execArgv: [`--conditions=${source}`, "--expose-gc"],
    globalSetup: ["test/support/global-setup.ts"],
    projects: [
      project("core", "packages/core/test"),
      project("ky", "packages/ky/test"),
      project("axios", "packages/axios/test"),
      project("keyv-cache", "packages/keyv-cache/test"),
      project("examples", "examples/*/test"),
      project("repo", "test"),
    ],
    coverage: { provider: "v8", include: ["packages/*/src/**"] },
  },
});
