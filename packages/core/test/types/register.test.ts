import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Compiles one module on its own, since `Register` holds for a whole program; tells the lines that are wrong. */
async function wrongLinesOf(source: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "client-token-types-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      types: [],
      noUnusedLocals: false,
      paths: { "@client-token/core": [join(root, "packages/core/src/index.ts")] },
    },
    files: ["app.mts"],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  await writeFile(join(folder, "app.mts"), source);
  const output = await new Promise<string>((resolve) => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    execFile(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: folder }, (_, stdout) =>
      resolve(stdout),
    );
  });
  const lines = source.split("\n");
  return [...output.matchAll(/^(\S*?)\((\d+),\d+\): error/gm)].map(([, file, line]) =>
    file === "app.mts" ? (lines[Number(line) - 1] ?? "").trim() : String(file),
  );
}

const preamble = `
import { configureClientTokens, createTokenManager, withClientToken, type ClientOptions } from "@client-token/core";
declare const options: ClientOptions;
export const tokens = configureClientTokens({ clients: { invoices: options, payments: options } });
declare module "@client-token/core" {
  interface Register {
    manager: typeof tokens;
  }
}
const own = createTokenManager({ clients: { orders: options } });
`;

test("with Register, the names of withClientToken are those of the default manager", async () => {
  const wrong = await wrongLinesOf(`${preamble}
withClientToken("invoices")(fetch);
withClientToken("payments")(fetch);
withClientToken("invoises")(fetch);
withClientToken("orders")(fetch);
withClientToken("orders", { manager: own })(fetch);
withClientToken("invoices", { manager: own })(fetch);
withClientToken(tokens.register("late", options))(fetch);
withClientToken(own.client("orders"))(fetch);
`);
  expect(wrong).toEqual([
    `withClientToken("invoises")(fetch);`,
    `withClientToken("orders")(fetch);`,
    `withClientToken("invoices", { manager: own })(fetch);`,
  ]);
});

test("with Register and resolveClient, any name will do", async () => {
  const wrong =
    await wrongLinesOf(`${preamble.replace("clients: {", "resolveClient: () => options, clients: {")}
withClientToken("any tenant")(fetch);
`);
  expect(wrong).toEqual([]);
});
