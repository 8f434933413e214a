// Servers of a text protocol, on a port of their own.

import { once } from "node:events";
import { connect, createServer } from "node:net";
import { startServerProcess, type ServerProcess, type ServerProcessOptions } from "./server-process.ts";

/** A server that other processes reach. */
export interface TextServer extends ServerProcess {
  /** For example `redis://127.0.0.1:49152`. */
  readonly url: string;
  readonly port: number;
}

/** How to start a server and to know it again. */
export interface TextServerOptions extends ServerProcessOptions {
  readonly program: string;
  readonly args: (port: number) => readonly string[];
  readonly scheme: string;
  /** One line that every server of the kind answers. */
  readonly question: string;
  /** What the answer holds if it comes from the process `pid`. */
  readonly proof: (pid: number) => string;
}

/**
 * Starts a server, on a free port unless one is given.
 * @throws if it does not answer within 5 s
 */
export async function startTextServer(
  options: TextServerOptions,
  wanted: number | undefined,
  triesLeft: number = wanted === undefined ? 2 : 0,
): Promise<TextServer> {
  const port = wanted ?? (await freePort());
  const server = await startServerProcess(options.program, options.args(port), options);
  const url = `${options.scheme}://127.0.0.1:${port}`;
  try {
    await untilReady(url, port, options.question, options.proof(server.pid));
    return { ...server, url, port };
  } catch (error) {
    await server.stop();
    // Somebody else may have taken the port between our look and the server's.
    if (triesLeft === 0) throw error;
    return startTextServer(options, wanted, triesLeft - 1);
  }
}

/** Waits until the server answers. Only our own one will do: another may have the port. */
async function untilReady(url: string, port: number, question: string, proof: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const answer = await ask(port, question);
    if (answer?.includes(proof) === true) return;
    if (answer !== undefined) throw new Error(`${url} belongs to another server.`);
    if (performance.now() > deadline) throw new Error(`Nobody answers at ${url}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("This machine gives out no ports.");
  return address.port;
}

/** The beginning of the answer to one line; `undefined` if there is none. */
async function ask(port: number, line: string): Promise<string | undefined> {
  const socket = connect({ host: "127.0.0.1", port, timeout: 1_000 });
  try {
    return await new Promise<string | undefined>((resolve) => {
      socket.once("data", (data) => resolve(data.toString()));
      for (const event of ["error", "close", "timeout"]) socket.once(event, () => resolve(undefined));
      socket.write(`${line}\r\n`);
    });
  } finally {
    socket.destroy();
  }
}
