import type { TokenClient } from "../client.ts";
import { defaultManager, type AnyManager } from "../default-manager.ts";
import { originOf } from "../policy/destination.ts";

/** The origin of a base URL, parsed again only when it is another one. */
export function createOriginsOf(): (baseUrl: string | undefined) => readonly string[] | undefined {
  let last: string | undefined;
  let origins: readonly string[] | undefined;
  return (baseUrl) => {
    if (baseUrl !== last) {
      const origin = baseUrl === undefined ? undefined : originOf(baseUrl);
      origins = origin === undefined ? undefined : [origin];
      last = baseUrl;
    }
    return origins;
  };
}

/** Keeps the handle of the usual client for as long as its manager is the one in force. */
export function createLookUp(manager: AnyManager | undefined): (client: string | TokenClient) => TokenClient {
  let last: { readonly manager: AnyManager; readonly handle: TokenClient } | undefined;
  return (client) => {
    if (typeof client !== "string") return client;
    const current: AnyManager = manager ?? defaultManager();
    if (last?.manager !== current || last.handle.name !== client) {
      // The manager checks the name itself; `never` only stands for the names of a manager not known here.
      last = { manager: current, handle: current.client(client as never) };
    }
    return last.handle;
  };
}
