import type { TokenRequestSeen } from "./authorization-server.ts";
import type { HttpClient } from "./http-clients.ts";
import type { Refusal } from "./protected-api.ts";
import type { CallRecord, Phase } from "./timeline.ts";
import { credentials } from "./tokens.ts";

/** Everything that the demo has seen. */
export interface Run {
  readonly calls: readonly CallRecord[];
  readonly tokenRequests: readonly TokenRequestSeen[];
  readonly refusals: readonly Refusal[];
}

/** How many token requests each client and scope takes in a phase. */
const allowance: Readonly<Record<Phase, number>> = {
  "first calls": 1,
  "second instance": 0,
  revocation: 1,
  expiry: 1,
};

/** Compares what was seen with what was promised; one sentence for each promise that was broken. */
export function findBrokenPromises(run: Run): string[] {
  const groups = groupCalls(run.calls);
  return [
    ...run.calls.flatMap(judgeCall),
    ...groups.flatMap(judgeGroup),
    ...judgeFirstCallers(groups),
    ...judgeTotals(run),
  ];
}

/** The calls of one phase with one client and scope, in their order. */
type Group = readonly [first: CallRecord, ...others: CallRecord[]];

function groupCalls(calls: readonly CallRecord[]): Group[] {
  const groups = new Map<string, Group>();
  for (const call of calls) {
    const group = groups.get(groupName(call));
    groups.set(groupName(call), group === undefined ? [call] : [...group, call]);
  }
  return [...groups.values()];
}

function groupName({ phase, client, scope }: CallRecord): string {
  return `${phase}, ${client} ${scope}`;
}

/** The call succeeded, with a token of its own client and scope and of no other. */
function judgeCall(call: CallRecord): string[] {
  const name = `${groupName(call)}, ${call.through}`;
  if (call.problem !== undefined) return [`${name}: the call failed: ${call.problem}`];
  const { clientId } = credentials[call.client];
  const isOwn = (one: { readonly clientId: unknown; readonly scope: unknown }): boolean =>
    one.clientId === clientId && one.scope === call.scope;
  return [
    ...(call.served !== undefined && isOwn(call.served) ? [] : [`${name}: the API saw another token`]),
    ...(call.tokenRequests.every(isOwn) ? [] : [`${name}: a token for somebody else was asked for`]),
    ...((call.tokenFrom === "token endpoint") === call.tokenRequests.length > 0
      ? []
      : [`${name}: the token came from ${call.tokenFrom}, with ${call.tokenRequests.length} token requests`]),
  ];
}

/** Whoever calls first asks for the token; everybody after that finds it. */
function judgeGroup(group: Group): string[] {
  const [first] = group;
  const allowed = allowance[first.phase];
  const asked = group.flatMap(({ tokenRequests }) => tokenRequests).length;
  return [
    ...(asked === allowed ? [] : [`${groupName(first)}: ${asked} token requests instead of ${allowed}`]),
    ...(first.phase !== "second instance" || first.tokenFrom === "shared cache"
      ? []
      : [`${groupName(first)}: the token came from ${first.tokenFrom} instead of the shared cache`]),
  ];
}

/** Each phase was played, and each HTTP client was the first to ask in one of them. */
function judgeFirstCallers(groups: readonly Group[]): string[] {
  const played = new Set<Phase>(groups.map(([{ phase }]) => phase));
  const firstCallers = new Set<HttpClient>(
    groups.filter(([{ phase }]) => allowance[phase] > 0).map(([{ through }]) => through),
  );
  const phases = ["first calls", "revocation", "expiry"] as const;
  const httpClients = ["ky", "Axios", "fetch"] as const;
  return [
    ...phases.filter((phase) => !played.has(phase)).map((phase) => `${phase}: never happened`),
    ...httpClients
      .filter((client) => !firstCallers.has(client))
      .map((client) => `${client} was never the first to ask for a token`),
  ];
}

/** Nothing happened between the calls, and the API refused what it had to refuse and nothing else. */
function judgeTotals({ calls, tokenRequests, refusals }: Run): string[] {
  const during = calls.flatMap((call) => call.tokenRequests).length;
  return [
    ...(during === tokenRequests.length
      ? []
      : [`${tokenRequests.length - during} token requests belong to no call`]),
    ...(refusals.join() === "revoked,expired"
      ? []
      : [`the API refused ${refusals.join(", ") || "nothing"} instead of one revoked and one expired token`]),
  ];
}
