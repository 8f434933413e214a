import type { Fetch } from "@client-token/core";
import { serve } from "@client-token/core/testing/node";
import { onTestFinished } from "vitest";

/** Answers the requests to one host. */
export type Host = (request: Request) => Response | Promise<Response>;

/** Hosts, by their names. */
export type Hosts = Readonly<Record<string, Host>>;

/** A `fetch` for which these hosts are all there is; they listen on a loopback port until the test ends. */
export async function startNetwork(hosts: Hosts): Promise<Fetch> {
  const server = await serve(async (request) => {
    // The path begins with the host.
    const url = `https:/${request.url.slice(server.url.length)}`;
    const host = hosts[new URL(url).host];
    if (host === undefined) return new Response(`No host ${url}`, { status: 502 });
    return host(
      new Request(url, { method: request.method, headers: request.headers, body: await bodyOf(request) }),
    );
  });
  onTestFinished(() => server.close());
  return async (input, init) => {
    const request = new Request(input, init);
    const { host, pathname, search } = new URL(request.url);
    const { status, headers, body } = await fetch(`${server.url}/${host}${pathname}${search}`, {
      method: request.method,
      headers: request.headers,
      body: await bodyOf(request),
    });
    // Without the loopback URL, which would look like a redirect to another origin.
    return new Response(body, { status, headers });
  };
}

async function bodyOf(request: Request): Promise<string | null> {
  return request.body === null ? null : request.text();
}
