import type { ProofKey } from "../access-token.ts";
import type { Grant } from "../options/grant.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";

/**
 * The canonical form of everything that shapes a token: versioned, every field preceded by its length, lists by
 * their count, so that no two requests share one.
 */
export function canonicalKey(client: ResolvedClient, grant: Grant, proofKey?: ProofKey): string {
  return (
    "1" +
    field(client.cacheKeyPrefix) +
    field(client.name) +
    field(client.authority) +
    field(client.clientId) +
    grantKey(grant) +
    field(client.mutualTls?.thumbprint ?? "") +
    field(proofKey?.thumbprint ?? "")
  );
}

/** The part of the canonical form that tells the tokens of one client apart. */
export function grantKey(grant: Grant): string {
  return list(sorted(grant.scope)) + list(sorted(grant.resource)) + list(sortedParameters(grant).flat());
}

/** A set, in the one order that all who hold it agree on. */
export function sorted(values: readonly string[]): readonly string[] {
  return values.length < 2 ? values : values.toSorted();
}

/** By name; several values of one name keep their order, which a server may read. */
export function sortedParameters(grant: Grant): [name: string, value: string][] {
  return Object.keys(grant.parameters)
    .toSorted()
    .flatMap((name) => (grant.parameters[name] ?? []).map((value): [string, string] => [name, value]));
}

function field(value: string): string {
  return `${value.length}:${value}`;
}

function list(values: readonly string[]): string {
  return `${values.length}[${values.map(field).join("")}`;
}
