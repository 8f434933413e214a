import { styleText } from "node:util";
import type { TokenEvent } from "@client-token/core";
import type { AuthorizationServer, TokenRequestSeen } from "./authorization-server.ts";
import type { CallApi, HttpClient } from "./http-clients.ts";
import type { ProtectedApi, Served } from "./protected-api.ts";
import { scopeFor, type ClientName, type Method } from "./tokens.ts";

export type Phase = "first calls" | "second instance" | "revocation" | "expiry";
export type TokenSource = "token endpoint" | "shared cache" | "this process";

/** One call of the API, and what it took. */
export interface CallRecord {
  readonly phase: Phase;
  readonly through: HttpClient;
  readonly client: ClientName;
  readonly scope: (typeof scopeFor)[Method];
  readonly tokenFrom: TokenSource;
  /** The token requests that reached the authorization server meanwhile. */
  readonly tokenRequests: readonly TokenRequestSeen[];
  /** Whose request the API has served, by the token that came with it. */
  readonly served: Served | undefined;
  /** Why the call failed, if it did. */
  readonly problem: string | undefined;
  /** Milliseconds. */
  readonly duration: number;
}

export interface Timeline {
  readonly calls: readonly CallRecord[];
  /** Begins a phase. */
  begin(phase: Phase, story: string): void;
  /** Makes one call, one at a time, and writes its line. */
  call(through: HttpClient, api: CallApi, client: ClientName, method: Method): Promise<CallRecord>;
  note(text: string): void;
  /** For the token manager's `onEvent`: says where a new token came from. */
  readonly onEvent: (event: TokenEvent) => void;
}

const titles = ["elapsed", "with", "call", "client", "scope", "token from", "requests", "took"];
const widths = [8, 7, 6, 10, 14, 16, 8, 8];

/** Records and prints what happens. Token requests are counted where they arrive, not where they are made. */
export function createTimeline(
  { tokenRequests }: Pick<AuthorizationServer, "tokenRequests">,
  { served }: Pick<ProtectedApi, "served">,
  print: (line: string) => void,
): Timeline {
  const calls: CallRecord[] = [];
  const startedAt = performance.now();
  let phase: Phase = "first calls";
  let tokenFrom: TokenSource = "this process";

  return {
    calls,
    begin(next, story) {
      phase = next;
      print(`\n${bold(phase)}: ${story}`);
      if (calls.length === 0) print(dim(row(titles)));
    },
    async call(through, api, client, method) {
      const scope = scopeFor[method];
      const before = { tokenRequests: tokenRequests.length, served: served.length, at: performance.now() };
      tokenFrom = "this process";
      const problem = await api(client, method).then(() => undefined, String);
      const record: CallRecord = {
        phase,
        through,
        client,
        scope,
        tokenFrom,
        tokenRequests: tokenRequests.slice(before.tokenRequests),
        served: served.slice(before.served).at(-1),
        problem,
        duration: performance.now() - before.at,
      };
      calls.push(record);
      const asked = record.tokenRequests.length;
      print(
        row([
          milliseconds(performance.now() - startedAt),
          through,
          method,
          client,
          scope,
          tokenFrom,
          `${tokenRequests.length}${asked === 0 ? "" : ` (+${asked})`}`,
          milliseconds(record.duration),
        ]),
      );
      if (problem !== undefined) print(`  failed: ${problem}`);
      return record;
    },
    note: (text) => print(dim(`  ${text}`)),
    onEvent(event) {
      if (event.type === "token-obtained") {
        tokenFrom = event.from === "shared-cache" ? "shared cache" : "token endpoint";
      }
      if (event.type === "cache-failed") print(`  the shared cache failed: ${String(event.error)}`);
    },
  };
}

function row(cells: readonly string[]): string {
  const last = cells.length - 1;
  return cells
    .map((cell, index) => {
      const width = widths[index] ?? 0;
      return index === 0 || index === last ? `${cell.padStart(width)}  ` : cell.padEnd(width);
    })
    .join("")
    .trimEnd();
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}

/** Plain where the output is no terminal, or NO_COLOR is set. */
function bold(text: string): string {
  return styleText("bold", text);
}

function dim(text: string): string {
  return styleText("dim", text);
}
