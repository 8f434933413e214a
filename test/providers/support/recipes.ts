import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ClientOptions } from "@client-token/core";
import { onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = await readFile(join(root, "docs/providers.md"), "utf8");

/** The names of all recipes of docs/providers.md: the first lines of its fences. */
export const recipeNames = [...page.matchAll(/^```ts\n\/\/ ([\w-]+)\.ts$/gm)].map(([, name = ""]) => name);

/** A recipe as it stands on the page, run as a module. */
export async function loadRecipe(name: string): Promise<ClientOptions> {
  const source = new RegExp(`^\`\`\`ts\n(// ${name}\\.ts\n.*?)^\`\`\`$`, "ms").exec(page)?.[1];
  if (source === undefined) throw new Error(`docs/providers.md has no recipe ${name}.`);
  const folder = await mkdtemp(join(root, ".snippets-run-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, `${name}.ts`);
  await writeFile(file, source);
  const { invoices } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
    readonly invoices: ClientOptions;
  };
  return invoices;
}
