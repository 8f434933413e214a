import { ConfigurationError } from "../errors.ts";

/** A checker reports mistakes of one options object, which `owner` names: `client "invoices"`. */
export interface Checker {
  /** Ends the check. The message begins with the option. */
  fail(option: string, problem: string): never;
  /** Refuses what is no plain object, and options that do not exist. */
  known(value: unknown, names: Readonly<Record<string, unknown>>): void;
  /** A number within limits, or the default; `hint` names the unit. */
  number(option: string, value: unknown, fallback: number, least: number, most: number, hint: string): number;
  /** Functions, if anything. */
  functions(options: object, ...names: readonly string[]): void;
  /** A non-empty string. */
  string(option: string, value: unknown, hint: string): string;
  /** An absolute URL. */
  url(option: string, value: unknown): URL;
}

export function checker(owner: string): Checker {
  const fail = (option: string, problem: string): never => {
    throw new ConfigurationError(`"${option}" of ${owner} ${problem}`);
  };
  const text = (option: string, value: unknown, hint: string): string =>
    typeof value === "string" && value.trim() !== "" ? value : fail(option, `is ${describe(value)}: ${hint}`);
  return {
    fail,
    known(value, names) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new ConfigurationError(`The options of ${owner} are ${describe(value)}: give an object.`);
      }
      for (const name of Object.keys(value)) {
        if (!Object.hasOwn(names, name)) {
          fail(name, `is not an option. Known options: ${Object.keys(names).join(", ")}.`);
        }
      }
    },
    number(option, value, fallback, least, most, hint) {
      if (value === undefined) return fallback;
      return typeof value === "number" && value >= least && value <= most
        ? value
        : fail(option, `is ${describe(value)}: ${hint}`);
    },
    functions(options, ...names) {
      for (const [name, value] of Object.entries(options)) {
        if (names.includes(name) && value !== undefined && typeof value !== "function") {
          fail(name, `is ${describe(value)}: give a function.`);
        }
      }
    },
    string: text,
    url(option, value) {
      const href = String(value);
      if (!URL.canParse(href)) fail(option, "is not an absolute URL: begin it with https://.");
      return new URL(href);
    },
  };
}

/** What a value is, in words that cannot contain a secret. */
function describe(value: unknown): string {
  if (value === "") return "empty";
  if (typeof value === "number" || value === undefined || value === null) return String(value);
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
