// The recipes of docs/stores.md are its fences: what readers copy is what runs here.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ClientOptions, SharedTokenCache } from "@client-token/core";

const document = fileURLToPath(new URL("../../../../docs/stores.md", import.meta.url));
const beside = fileURLToPath(new URL("../../.snippets-run-", import.meta.url));

/** Whose tokens a recipe shares. */
export const client: ClientOptions = {
  tokenEndpoint: "https://sts.test/token",
  clientId: "invoices-app",
  clientSecret: "s3cret",
};

/** What a recipe exports. */
export interface Recipe {
  readonly cache: SharedTokenCache;
  readonly close: () => void | Promise<void>;
}

/** The recipes' `import` of Keyv as it stands, and for Keyv 6. */
export const majors = [
  { name: "Keyv 5", keyv: "keyv" },
  { name: "Keyv 6", keyv: "keyv-6" },
] as const;

/** The text of all fences of the document that begin so, language first. */
export async function fences(beginning: string): Promise<string[]> {
  const text = await readFile(document, "utf8");
  return text
    .split("\n```")
    .filter((part) => part.startsWith(beginning))
    .map((part) => part.slice(part.indexOf("\n") + 1));
}

interface Place {
  /** What the recipe calls its server, and what a URL puts in that place. */
  readonly server: readonly [text: string, of: (url: URL) => string];
  /** Its time limits, and what a busy machine needs in their place. */
  readonly patience: Readonly<Record<string, string>>;
}

const deadline = { "{ lease:": "{ deadline: 5_000, lease:" };
const redis: Place["server"] = ["redis://localhost:6379", ({ href }) => href];
const slow = (...limits: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(limits.map((limit) => [`${limit}1_000`, `${limit}10_000`]));

export type RecipeName = "redis" | "valkey" | "postgres" | "memcached" | "sqlite" | "own-cache";

const places: Readonly<Record<RecipeName, Place>> = {
  redis: { server: redis, patience: { ...deadline, ...slow("connectionTimeout: ", "socketTimeout: ") } },
  valkey: { server: redis, patience: { ...deadline, ...slow("AbortSignal.timeout(", "socketTimeout: ") } },
  postgres: {
    server: ["postgres://localhost:5432/tokens", ({ href }) => href],
    patience: { ...deadline, ...slow("connectionTimeoutMillis: ", "query_timeout: ", "setTimeout(") },
  },
  memcached: {
    server: ["localhost:11211", ({ host }) => host],
    patience: { ...deadline, "retries: 1,": "retries: 1, timeout: 10," },
  },
  sqlite: { server: ["/var/lib/invoices/tokens.sqlite", ({ pathname }) => pathname], patience: {} },
  "own-cache": { server: redis, patience: {} },
};

/** Where and how a recipe runs. */
export interface Circumstances {
  /** Of its server, or of its file. */
  readonly url: string;
  /** What it imports as `keyv`. */
  readonly keyv?: (typeof majors)[number]["keyv"];
  /** What is not about time does not fail for want of it. */
  readonly patient?: boolean;
  /** Other texts to replace. */
  readonly changes?: Readonly<Record<string, string>>;
}

/** Runs a recipe anew, as a module of this package. All that is replaced in it has to be there once. */
export async function loadRecipe<More = unknown>(
  name: RecipeName,
  { url, keyv = "keyv", patient = false, changes = {} }: Circumstances,
): Promise<Recipe & More> {
  let [source = ""] = await fences(`ts\n// ${name}.ts`);
  const replace = (from: string, to: string): void => {
    if (source.split(from).length !== 2) throw new Error(`The recipe "${name}" has not "${from}" once.`);
    source = source.replace(from, to);
  };
  const { server, patience } = places[name];
  replace(server[0], server[1](new URL(url)));
  if (keyv !== "keyv") replace('from "keyv"', `from "${keyv}"`);
  for (const [from, to] of Object.entries({ ...(patient ? patience : {}), ...changes })) replace(from, to);

  const folder = await mkdtemp(beside);
  try {
    const file = join(folder, `${name}.ts`);
    await writeFile(file, source);
    return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Recipe & More;
  } finally {
    await rm(folder, { recursive: true });
  }
}
