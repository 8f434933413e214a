import { cpus, loadavg } from "node:os";

/** What the figures depend on beside the code; nothing that tells whose machine it was. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
  readonly v8: string;
  /** Processes that wanted a core, on average over the minute before; well below `cores` on a quiet machine. */
  readonly load: number;
}

export function describeMachine(): Machine {
  const [cpu] = cpus();
  const [load = 0] = loadavg();
  return {
    cpu: cpu?.model.trim() ?? "unknown",
    cores: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    v8: process.versions.v8,
    load: Number(load.toFixed(1)),
  };
}
