import { parseArgs } from "node:util";
import { events, isEventName, type EventName } from "./events.ts";

/** What the command line asks for. */
export interface Options {
  readonly workers: number;
  /** How long the steady load goes on. */
  readonly seconds: number;
  /** What is done to the fleet, in this order. */
  readonly events: readonly EventName[];
  /** Processes take turns at the token endpoint. */
  readonly lease: boolean;
}

export const usage = `Usage: npm run fleet -- [options]

  --workers <n>     processes, 1 to 64 (16)
  --seconds <n>     how long they work in peace (20; with events 6)
  --chaos           all events, one after the other
  --event <name>    one of them, may be repeated:
${Object.entries(events)
  .map(([name, { story }]) => `                      ${name.padEnd(15)} ${story}`)
  .join("\n")}
  --without-lease   what a fleet does whose processes do not take turns
  --help`;

/** @returns `undefined` if help was asked for. @throws with a message for whoever typed the arguments */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      workers: { type: "string", default: "16" },
      seconds: { type: "string" },
      chaos: { type: "boolean", default: false },
      event: { type: "string", multiple: true, default: [] },
      "without-lease": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const chosen = values.chaos ? Object.keys(events) : values.event;
  const names = chosen.map((name) => {
    if (!isEventName(name)) {
      throw new Error(`There is no event "${name}": name one of ${Object.keys(events).join(", ")}.`);
    }
    return name;
  });
  return {
    workers: readNumber("workers", values.workers, 1, 64),
    seconds: readNumber("seconds", values.seconds ?? (names.length > 0 ? "6" : "20"), 1, 3_600),
    events: names,
    lease: !values["without-lease"],
  };
}

function readNumber(name: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most && value.trim() !== "") return number;
  throw new Error(`--${name} is a whole number from ${least} to ${most}, not "${value}".`);
}
