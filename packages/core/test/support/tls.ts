import { once } from "node:events";
import { createServer, request as httpsRequest, type RequestOptions } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { TLSSocket } from "node:tls";
import type { Fetch } from "@client-token/core";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificates.ts";

/** A request over TLS, and the common name in the certificate of who sent it. */
export interface SecureRequest {
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
  readonly peer: string | undefined;
}

/** A token endpoint that asks for certificates; with `authority`, it takes only those that this one signed. */
export async function startTlsEndpoint(
  server: Certificate,
  authority?: Certificate,
): Promise<{ readonly url: string; readonly seen: readonly SecureRequest[] }> {
  const seen: SecureRequest[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { socket } = request as IncomingMessage & { readonly socket: TLSSocket };
    seen.push({
      form: new URLSearchParams((await buffer(request)).toString()),
      authorization: request.headers.authorization,
      peer: socket.getPeerCertificate().subject?.CN?.toString(),
    });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ access_token: `token-${seen.length}`, expires_in: 3600 }));
  };
  const listener = createServer(
    {
      cert: server.cert,
      key: server.key,
      requestCert: true,
      rejectUnauthorized: authority !== undefined,
      ...(authority && { ca: authority.cert }),
    },
    (request, response) => void answer(request, response),
  ).listen(0, "127.0.0.1");
  await once(listener, "listening");
  onTestFinished(async () => {
    listener.closeAllConnections();
    await new Promise((resolve) => listener.close(resolve));
  });
  const address = listener.address();
  return { url: `https://127.0.0.1:${typeof address === "object" ? address?.port : ""}/token`, seen };
}

/** A fetch over `node:https`, which takes certificates without further packages. */
export function tlsFetch(options: Pick<RequestOptions, "ca" | "cert" | "key">): Fetch {
  return async (input, init) => {
    const { url, method, headers, signal, body } = new Request(input, init);
    const outgoing = httpsRequest(url, {
      ...options,
      agent: false,
      method,
      signal,
      headers: Object.fromEntries(headers),
    });
    outgoing.end(body === null ? undefined : await buffer(body));
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    const fields = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    return new Response(new Uint8Array(await buffer(incoming)), {
      status: incoming.statusCode ?? 0,
      headers: fields,
    });
  };
}
