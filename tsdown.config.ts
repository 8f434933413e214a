import { readFileSync } from "node:fs";
import { defineConfig } from "tsdown";

// Shared by all packages and run inside each: what a package builds is what it exports.
const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, string | Record<string, string>>;
};
const entry = Object.values(exports).flatMap((target) =>
  typeof target === "string" ? [] : (target["@client-token/source"] ?? []),
);

export default defineConfig({
  cwd: process.cwd(),
  entry,
  root: "src",
  format: "esm",
  platform: "neutral",
  target: "es2023",
  deps: { neverBundle: [/^node:/] },
  fixedExtension: false,
  unbundle: true,
  sourcemap: true,
  dts: { sourcemap: true },
  publint: { strict: true },
  attw: { profile: "esm-only" },
  failOnWarn: true,
  logLevel: "warn",
});
