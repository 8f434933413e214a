import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { TokenManager } from "@client-token/core";
import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { expect, onTestFinished, test, vi } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The README's first fence, as a module that runs. */
async function loadTokens(): Promise<{ tokens: TokenManager }> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const source = /```ts\n(\/\/ tokens\.ts\n.*?)```/s.exec(readme)?.[1] ?? "";
  const folder = await mkdtemp(join(root, ".snippets-run-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "tokens.ts"), source);
  return (await import(/* @vite-ignore */ pathToFileURL(join(folder, "tokens.ts")).href)) as {
    tokens: TokenManager;
  };
}

test("the example configuration works as written in the README", async () => {
  vi.stubEnv("INVOICES_SECRET", "e8ae294a-d5f3-4907-88fa-c83b3546b70c");
  const seen: Request[] = [];
  const network = setupServer(
    http.post("https://sts.company.com/connect/token", ({ request }) => {
      seen.push(request.clone());
      return HttpResponse.json({ access_token: "from-the-sts", token_type: "Bearer", expires_in: 3600 });
    }),
  );
  network.listen({ onUnhandledFrame: "error" });
  onTestFinished(() => network.close());

  const { tokens } = await loadTokens();
  onTestFinished(() => tokens.close());
  const { authorization } = await tokens.getToken("invoices");

  expect(authorization).toBe("Bearer from-the-sts");
  expect(seen).toHaveLength(1);
  expect(seen[0]?.headers.get("authorization")).toBe(
    `Basic ${btoa("4a632e2e-0466-4e5a-a094-0455c6105f57:e8ae294a-d5f3-4907-88fa-c83b3546b70c")}`,
  );
  expect(Object.fromEntries(new URLSearchParams(await seen[0]?.text()))).toEqual({
    grant_type: "client_credentials",
    scope: "list",
    resource: "urn:invoices",
  });
});

test("a variable that is not set is an error that asks for it", async () => {
  vi.stubEnv("INVOICES_SECRET", undefined);
  await expect(loadTokens()).rejects.toThrow(
    /"clientSecret" of client "invoices" is undefined: is the environment variable set\?/,
  );
});
