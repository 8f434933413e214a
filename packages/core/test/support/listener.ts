import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { onTestFinished } from "vitest";
import { createCertificate } from "./certificates.ts";

/** Signed the certificates of all servers here, and those of clients that servers know by their subject. */
export const authority = createCertificate("authority", { isAuthority: true });

const { cert, key } = createCertificate("server", { issuer: authority });

/** A loopback port that waits for somebody to answer. */
export interface Listener {
  /** For example `https://127.0.0.1:49152`. */
  readonly origin: string;
  readonly answer: (handle: Handler) => void;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

/** Listens until the test ends; over TLS it asks for a certificate, and leaves it to the handler to judge it. */
export async function listen(scheme: "http" | "https"): Promise<Listener> {
  const server =
    scheme === "http"
      ? createServer()
      : createSecureServer({
          cert,
          key,
          ca: authority.cert,
          requestCert: true,
          rejectUnauthorized: false,
        });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    answer(handle) {
      server.on("request", (request, response) => {
        handle(request, response).catch(() => response.destroy());
      });
    },
  };
}
