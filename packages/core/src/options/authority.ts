import { isLoopback } from "../policy/destination.ts";
import type { Checker } from "./checks.ts";
import type { ClientOptions } from "./client-options.ts";

/** Who issues a client's tokens: one of the two URLs is there. */
export interface Authority {
  readonly tokenEndpoint: URL | undefined;
  readonly issuer: URL | undefined;
  /** The issuer as it was given, else the token endpoint: part of the key. */
  readonly authority: string;
}

/** What messages call the token endpoint. */
export function endpointName({ issuer, authority }: Authority): string {
  return `the token endpoint ${issuer === undefined ? "" : "of "}${authority}`;
}

export function readAuthority(options: ClientOptions, check: Checker): Authority {
  const { tokenEndpoint, issuer } = options;
  const insecure = options.dangerouslyAllowInsecureTokenEndpoint === true;
  if (issuer === undefined) {
    if (tokenEndpoint === undefined) {
      check.fail("tokenEndpoint", "is missing: give the URL that tokens are asked from, or the issuer.");
    }
    const url = readUrl("tokenEndpoint", tokenEndpoint, insecure, check);
    return { tokenEndpoint: url, issuer, authority: url.href };
  }
  if (tokenEndpoint !== undefined) {
    check.fail("issuer", "stands beside tokenEndpoint, which is looked up in its metadata: leave one out.");
  }
  const url = readUrl("issuer", issuer, insecure, check);
  if (url.search !== "")
    check.fail("issuer", "has a query, which no issuer has (RFC 8414 §2): leave it out.");
  return { tokenEndpoint, issuer: url, authority: String(issuer) };
}

/** A URL that may learn a credential. */
function readUrl(option: string, value: string | URL, insecure: boolean, check: Checker): URL {
  const url = check.url(option, value);
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    check.fail(option, "has user information or a fragment: leave them out.");
  }
  const trusted = isLoopback(url.hostname) || insecure;
  if (url.protocol !== "https:" && !(url.protocol === "http:" && trusted)) {
    check.fail(option, "is not https: (http is for loopback hosts).");
  }
  return url;
}
