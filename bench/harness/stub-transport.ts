import type { Fetch } from "@client-token/core";
import type { AxiosAdapter } from "axios";

/** The API that the stubs stand for. */
export const api = "https://api.company.com";

/** A fetch without a network: builds a request and a response, as any does; 401 without the right header. */
export function createStubFetch(authorization: string): Fetch {
  return async (input, init) => answer(new Request(input, init), authorization);
}

/** The same for Axios. */
export function createStubAdapter(authorization: string): AxiosAdapter {
  return async (config) => {
    const { baseURL = "", url = "", method = "get" } = config;
    const request = new Request(`${baseURL}${url}`, { method, headers: config.headers.toJSON(true) });
    const { status, statusText } = answer(request, authorization);
    return { data: "", status, statusText, headers: {}, config, request };
  };
}

function answer({ headers }: Request, authorization: string): Response {
  return new Response(null, { status: headers.get("authorization") === authorization ? 200 : 401 });
}
