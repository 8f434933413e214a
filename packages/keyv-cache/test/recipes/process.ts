// A process that lives by a recipe, and the same seen from outside.

import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createTokenManager } from "@client-token/core";
import { createFakeTokenServer } from "@client-token/core/testing";
import { client, loadRecipe, type Circumstances, type RecipeName } from "./recipe.ts";

/** Milliseconds that the process waits for a token. */
export const tokenRequest = 200;

const program = fileURLToPath(import.meta.url);

export interface RecipeProcess {
  /** It asks for a token that it does not have. */
  readonly call: () => Promise<void>;
  /** It closes its manager and its store. */
  readonly close: () => Promise<void>;
  /** It has nothing else to do; milliseconds that it lives on. */
  readonly leave: () => Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Resolves when the process has its recipe. */
export async function startProcess(name: RecipeName, circumstances: Circumstances): Promise<RecipeProcess> {
  const child = fork(program, [name, JSON.stringify(circumstances)], {
    execArgv: ["--conditions=@client-token/source", "--no-warnings"],
  });
  const exited = once(child, "exit");
  const answer = async (): Promise<void> => {
    const ended = exited.then(([code]) => {
      throw new Error(`The process ended with ${String(code)}.`);
    });
    await Promise.race([once(child, "message"), ended]);
  };
  const ask = async (command: string): Promise<void> => {
    child.send(command);
    await answer();
  };
  await answer();
  return {
    call: () => ask("call"),
    close: () => ask("close"),
    async leave() {
      const left = performance.now();
      child.disconnect();
      await exited;
      return performance.now() - left;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** What the process does. */
async function live(name: RecipeName, circumstances: Circumstances): Promise<void> {
  const { cache, close } = await loadRecipe(name, circumstances);
  const server = createFakeTokenServer();
  const tokens = createTokenManager({
    cache,
    clients: { invoices: client },
    async httpClient(input, init) {
      await setTimeout(tokenRequest);
      return server.token(new Request(input, init));
    },
  });
  const obey = async (command: unknown): Promise<void> => {
    if (command === "call") await tokens.getToken("invoices", { scope: crypto.randomUUID() });
    else {
      await tokens.close();
      await close();
    }
    process.send?.("done");
  };
  process.on("message", (command) => void obey(command));
  process.send?.("ready");
}

if (process.argv[1] === program) {
  const [, , name, circumstances = ""] = process.argv;
  await live(name as RecipeName, JSON.parse(circumstances) as Circumstances);
}
