/// <reference lib="esnext.disposable" />
// The recipes of docs/redis-topologies.md are its fences: what readers copy is what runs here.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const document = fileURLToPath(new URL("../../../docs/redis-topologies.md", import.meta.url));
/** Inside the repository, so that recipes find their packages. */
const folder = fileURLToPath(new URL("../../../.snippets-run-", import.meta.url));

/** A recipe as a module that workers open their store with, once. */
export interface DocumentedStore {
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param name - of the file that the recipe begins with, without its ending
 * @param urls - take the places of the recipe's addresses, in this order
 */
export async function documentedStore(name: string, urls: readonly string[]): Promise<DocumentedStore> {
  const text = await readFile(document, "utf8");
  const [, rest = ""] = text.split(`\`\`\`ts\n// ${name}.ts\n`);
  const [recipe = ""] = rest.split("\n```");
  let used = 0;
  const source = recipe.replaceAll(/10\.0\.0\.\d+(:|", port: )\d+/g, (_, between: string) => {
    const { hostname, port } = new URL(urls[used++] ?? "");
    return hostname + between + port;
  });
  if (used === 0) throw new Error(`The document has no recipe "${name}" with addresses.`);
  const place = await mkdtemp(folder);
  const file = join(place, `${name}.ts`);
  await writeFile(file, `${source}\nexport const openStore = async () => store;\n`);
  return {
    url: pathToFileURL(file).href,
    [Symbol.asyncDispose]: () => rm(place, { recursive: true }),
  };
}
