import { defineConfig, type UserWorkspaceConfig } from "vitest/config";

const source = "@client-token/source";
const project = (name: string, folder: string, options: UserWorkspaceConfig["test"] = {}) => ({
  extends: true as const,
  test: { name, include: [`${folder}/**/*.test.ts`], ...options },
});

/** Fleets of real processes want the machine for themselves: commands of their own run them, file by file. */
const alone = {
  fileParallelism: false,
  testTimeout: 120_000,
  hookTimeout: 60_000,
  globalSetup: ["test/fleet/support/warm-up.ts"],
};

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
      project("examples", "examples/*/test", { exclude: ["examples/fleet/test/alone/**"] }),
      project("repo", "test", { exclude: ["test/{fleet,slow}/**"] }),
      project("fleet", "{test/fleet,examples/fleet/test/alone}", alone),
      project("slow", "test/slow", alone),
    ],
    coverage: { provider: "v8", include: ["packages/*/src/**"] },
  },
});
