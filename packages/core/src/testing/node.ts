/// <reference lib="esnext.disposable" />
/** For tests on Node: `@client-token/core/testing/node`. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** An HTTP server on a loopback port. */
export interface LoopbackServer {
  /** For example `http://127.0.0.1:49152`, without a slash at the end. */
  readonly url: string;
  /** Cuts all connections. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves a handler on a free loopback port.
 * @example
 * ```ts
 * import { createFakeTokenServer } from "@client-token/core/testing";
 * import { serve } from "@client-token/core/testing/node";
 *
 * const server = createFakeTokenServer();
 * const sts = await serve(server.token);
 * // ... tokenEndpoint: `${sts.url}/token`
 * await sts.close();
 * ```
 */
export async function serve(handler: (request: Request) => Promise<Response>): Promise<LoopbackServer> {
  // No test outlasts an idle connection: a busy machine would send on one that is just being closed.
  const server = createServer({ keepAliveTimeout: 600_000 }, (incoming, outgoing) => {
    answer(handler, incoming, outgoing).catch((error: unknown) => {
      outgoing.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close };
}

async function answer(
  handler: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method = "GET", url = "/" } = incoming;
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const body = method === "GET" || method === "HEAD" ? null : await buffer(incoming);
  const request = new Request(`http://${incoming.headers.host ?? "127.0.0.1"}${url}`, {
    method,
    headers,
    body,
  });
  const response = await handler(request);
  outgoing.writeHead(response.status, [...response.headers].flat());
  for await (const chunk of response.body ?? []) outgoing.write(chunk);
  outgoing.end();
}
