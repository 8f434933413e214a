import { createAdapterWorld, type AdapterWorld } from "../../../core/test/support/adapter-world.ts";

export { ok, unavailable } from "../../../core/test/support/adapter-world.ts";

/** One request as the API saw it. */
interface SeenRequest {
  readonly url: string;
  readonly authorization: string | null;
  readonly contentType: string;
  readonly body: string;
}

export function createWorld(): Promise<AdapterWorld<SeenRequest>> {
  return createAdapterWorld(async (request) => ({
    url: request.url,
    authorization: request.headers.get("authorization"),
    contentType: request.headers.get("content-type") ?? "",
    body: await request.text(),
  }));
}
