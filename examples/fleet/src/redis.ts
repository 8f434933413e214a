import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { close, listen } from "./loopback.ts";

/** A Redis of our own, which can be mistreated. */
export interface Redis extends AsyncDisposable {
  readonly url: string;
  /** It hangs: connections and commands are accepted, and nothing is answered. */
  pause(): void;
  /** Answers again, also what was asked meanwhile. */
  resume(): void;
  /** It is gone at once, with its data. */
  kill(): Promise<void>;
  /** Comes back where it was, empty. */
  restart(): Promise<void>;
}

interface Server {
  readonly pid: number;
  stop(): Promise<void>;
}

/** @throws if this machine has no Redis, or it does not answer within 5 s */
export async function startRedis(): Promise<Redis> {
  const port = await freePort();
  let server: Server | undefined = await startServer(port);
  const kill = async (): Promise<void> => {
    await server?.stop();
    server = undefined;
  };
  const signal = (name: NodeJS.Signals): void => {
    if (server !== undefined) process.kill(server.pid, name);
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    kill,
    async restart() {
      await kill();
      server = await startServer(port);
    },
    [Symbol.asyncDispose]: kill,
  };
}

/** The shell ends the server when its input ends: also when this process is killed, and no handler runs. */
const holdUntilInputEnds = `
server=$(command -v redis-server || command -v valkey-server) || exit
"$server" "$@" >/dev/null 2>&1 &
echo $!
cat >/dev/null
kill -9 $!
wait`;

async function startServer(port: number): Promise<Server> {
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  // A group of its own: Ctrl-C is for this process.
  const holder = spawn("/bin/sh", ["-c", holdUntilInputEnds, "sh", ...settings], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = once(holder, "exit");
  const [pid] = await Promise.race([once(createInterface(holder.stdout), "line"), ended.then(() => [])]);
  if (pid === undefined) {
    throw new Error(
      "There is neither redis-server nor valkey-server on the PATH: install one (apt install redis-server, brew install redis).",
    );
  }
  const server: Server = {
    pid: Number(pid),
    async stop() {
      holder.stdin.end();
      await ended;
    },
  };
  try {
    await untilItAnswers(port, server.pid);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function untilItAnswers(port: number, pid: number): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    // Another server may have got the port.
    if ((await askForInfo(port)).includes(`process_id:${pid}\r`)) return;
    if (performance.now() > deadline)
      throw new Error(`Redis does not answer on port ${port}: run this again.`);
    await sleep(10);
  }
}

/** The beginning of the answer; empty if there is none. */
async function askForInfo(port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, timeout: 1_000 });
  try {
    return await new Promise<string>((resolve) => {
      socket.once("data", (data) => resolve(data.toString()));
      for (const event of ["error", "close", "timeout"]) socket.once(event, () => resolve(""));
      socket.write("INFO server\r\n");
    });
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await close(server);
  return port;
}
