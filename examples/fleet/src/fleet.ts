import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Order, Report, Settings, TokenSource } from "./messages.ts";

/** One call of a process, as it saw it. */
export interface CallSeen {
  /** When its end was reported, in monotonic milliseconds. */
  readonly at: number;
  /** Milliseconds. */
  readonly took: number;
  /** Why the call failed, if it did. */
  readonly problem: string | undefined;
}

/** The processes, and what they have told so far. Those that were killed do not complain. */
export interface Fleet extends AsyncDisposable {
  readonly size: number;
  readonly calls: readonly CallSeen[];
  /** How often processes have renewed their token: at the token endpoint, or by what another one had got there. */
  readonly renewals: Readonly<Record<TokenSource, number>>;
  /** Waits until all processes are prepared. Never settles if one ends before. */
  ready(): Promise<void>;
  /** Has all processes call, at once. */
  start(): void;
  /** Kills a process without a farewell, and starts another one in its place. */
  replace(worker: number): void;
}

const program = fileURLToPath(new URL("worker.ts", import.meta.url));
/** What was compiled once starts in a fraction of the time. */
const compileCache = fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url));

/** @param onCrash - hears of a process that has ended without being told to */
export function createFleet(size: number, settings: Settings, onCrash: (error: Error) => void): Fleet {
  const calls: CallSeen[] = [];
  const renewals = { "token-endpoint": 0, "shared-cache": 0 };

  const record = (report: Report): void => {
    if (report.type === "called") calls.push({ ...report, at: performance.now() });
    if (report.type === "token" && report.isRenewal) renewals[report.from]++;
  };
  const spawn = (worker: number): Process => startProcess(worker, settings, record, onCrash);
  const processes = Array.from({ length: size }, (_, worker) => spawn(worker));

  return {
    size,
    calls,
    renewals,
    async ready() {
      await Promise.all(processes.map(({ prepared }) => prepared));
    },
    start() {
      for (const { call } of processes) call();
    },
    replace(worker) {
      processes[worker]?.kill();
      const successor = spawn(worker);
      processes[worker] = successor;
      void successor.prepared.then(successor.call);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map(({ end }) => end()));
    },
  };
}

interface Process {
  /** It can begin to call. Never settles if it ends before. */
  readonly prepared: Promise<void>;
  readonly call: () => void;
  readonly kill: () => void;
  readonly end: () => Promise<void>;
}

function startProcess(
  worker: number,
  settings: Settings,
  record: (report: Report) => void,
  onCrash: (error: Error) => void,
): Process {
  const child: ChildProcess = fork(program, [String(worker)], {
    // A group of its own: Ctrl-C is for the fleet. It ends with the fleet, because then its IPC channel closes.
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  // What cannot be sent any more went to a process that has ended; that is told below.
  const order = (message: Order): void => void child.send(message, () => {});
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve()).once("error", () => resolve());
  });
  let dismissed = false;
  child.on("exit", (code, signal) => {
    if (!dismissed) onCrash(new Error(`Process ${worker} has ended by itself: ${signal ?? `code ${code}`}.`));
  });
  child.on("error", onCrash);
  const prepared = new Promise<void>((resolve) => {
    child.on("message", (report: Report) => {
      if (dismissed) return;
      if (report.type === "prepared") resolve();
      else record(report);
    });
  });
  order({ type: "prepare", settings });
  return {
    prepared,
    call: () => order({ type: "call", api: settings.api }),
    kill() {
      dismissed = true;
      child.kill("SIGKILL");
    },
    async end() {
      dismissed = true;
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
