/// <reference lib="esnext.disposable" />
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** An API on a loopback port. */
export interface LoopbackApi {
  /** For example `http://127.0.0.1:49152`. */
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts an API that answers 200 to any call with an `Authorization` header. */
export async function startLoopbackApi(): Promise<LoopbackApi> {
  const child = fork(fileURLToPath(new URL("loopback-api.ts", import.meta.url)), { execArgv: [] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const port = await new Promise<unknown>((resolve, reject) => {
    child.once("message", (address: { readonly port?: unknown }) => resolve(address.port));
    child.once("exit", () => reject(new Error("the API ended before it listened")));
  });
  return {
    url: `http://127.0.0.1:${String(port)}`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}
