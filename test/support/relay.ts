// A stretch of network that hangs and breaks when told to.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Passes on what comes to a port of 127.0.0.1. */
export interface Relay {
  readonly port: number;
  /** Accepts connections and bytes, and passes nothing on. */
  pause(): void;
  /** Passes on what came meanwhile, and goes on. */
  resume(): void;
  /** Breaks all connections and refuses new ones. */
  close(): Promise<void>;
  /** Accepts connections again, on the same port. */
  open(): Promise<void>;
}

/** @param path - the Unix socket that it leads to */
export async function startRelay(path: string, wanted: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let paused = false;
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from.unref());
    from.on("data", (bytes) => void to.write(bytes));
    from.on("end", () => to.end());
    from.on("error", () => {});
    from.on("close", () => {
      sockets.delete(from);
      to.destroySoon();
    });
    if (paused) from.pause();
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ path, allowHalfOpen: true });
    pass(client, upstream);
    pass(upstream, client);
  });
  const open = async (port: number): Promise<number> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("This machine gives out no ports.");
    server.unref();
    return address.port;
  };
  const port = await open(wanted);
  return {
    port,
    pause() {
      paused = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      paused = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      if (!server.listening) return;
      paused = false;
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async open() {
      await open(port);
    },
  };
}
