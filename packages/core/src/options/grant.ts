import type { Checker } from "./checks.ts";
import type { TokenParameters, TokenRequest } from "./token-request.ts";

/** What shapes a token beside its client: the variable part of the token request. */
export interface Grant {
  readonly scope: readonly string[];
  readonly resource: readonly string[];
  readonly parameters: Readonly<Record<string, readonly string[]>>;
}

/** Fields that the protocol or the client's own options fill in. */
const reserved = new Set([
  "grant_type",
  "scope",
  "resource",
  "client_id",
  "client_secret",
  "client_assertion",
  "client_assertion_type",
]);
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Replaces the parts of `base` that `request` names. */
export function shapeGrant(base: Grant, request: Pick<TokenRequest, keyof Grant>, check: Checker): Grant {
  return {
    scope: request.scope === undefined ? base.scope : readScope(request.scope, check),
    resource: request.resource === undefined ? base.resource : readResource(request.resource, check),
    parameters:
      request.parameters === undefined
        ? base.parameters
        : { ...base.parameters, ...readParameters(request.parameters, check) },
  };
}

/** A grant that asks for nothing in particular. */
export const emptyGrant: Grant = { scope: [], resource: [], parameters: {} };

function readScope(scope: string | readonly string[], check: Checker): readonly string[] {
  const tokens = typeof scope === "string" ? scope.split(" ").filter(Boolean) : scope;
  if (!isStrings(tokens) || !tokens.every((token) => scopeToken.test(token))) {
    check.fail("scope", "has a character that RFC 6749 §3.3 does not allow: separate scopes by spaces.");
  }
  return [...new Set(tokens)];
}

function readResource(resource: string | readonly string[], check: Checker): readonly string[] {
  const list = typeof resource === "string" ? [resource] : resource;
  if (!isStrings(list) || !list.every((uri) => URL.canParse(uri) && !uri.includes("#"))) {
    check.fail(
      "resource",
      "is no absolute URI without fragment (RFC 8707 §2): give urn:invoices or the like.",
    );
  }
  return [...new Set(list)];
}

function readParameters(parameters: TokenParameters, check: Checker): Record<string, readonly string[]> {
  const read: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (reserved.has(name)) {
      check.fail(`parameters.${name}`, "is a field of the protocol: use the option that sets it.");
    }
    if (value === undefined) continue;
    const values = typeof value === "string" ? [value] : value;
    if (!isStrings(values)) {
      check.fail(`parameters.${name}`, "is not a string: form fields are strings.");
    }
    read[name] = [...values];
  }
  return read;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
