import { allowInsecureRequests, customFetch, protectedResourceRequest, type DPoPHandle } from "oauth4webapi";

/** A proof for one request to an API, by the way that leads to it: as if the request were made here. */
export async function sign(
  handle: DPoPHandle,
  method: string,
  url: URL,
  accessToken: string,
): Promise<string> {
  let proof = "";
  await protectedResourceRequest(accessToken, method, url, undefined, undefined, {
    DPoP: handle,
    [allowInsecureRequests]: true,
    [customFetch]: async (_, { headers }) => {
      proof = headers["dpop"] ?? "";
      return new Response();
    },
  });
  return proof;
}
