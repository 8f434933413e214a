import { isLoopback } from "../policy/destination.ts";
import { checker, type Checker } from "./checks.ts";
import type { ClientCredentialStyle, ClientOptions, ClientSecret } from "./client-options.ts";
import type { Fetch } from "./fetch.ts";
import { emptyGrant, shapeGrant, type Grant } from "./grant.ts";
import {
  knownCacheSettings,
  readTimeout,
  resolveCacheSettings,
  type ResolvedManager,
} from "./resolve-manager.ts";

/** A client whose options are checked, and completed by its manager's. */
export interface ResolvedClient extends ResolvedManager {
  readonly name: string;
  readonly tokenEndpoint: URL;
  readonly clientId: string;
  readonly clientSecret: ClientSecret | undefined;
  readonly clientCredentialStyle: ClientCredentialStyle;
  readonly grant: Grant;
  readonly origins: readonly string[] | undefined;
  /** Reports mistakes in requests that name this client. */
  readonly check: Checker;
}

/** A list that the compiler keeps complete. */
const known: Record<keyof ClientOptions, 0> = {
  ...knownCacheSettings,
  tokenEndpoint: 0,
  clientId: 0,
  clientSecret: 0,
  clientCredentialStyle: 0,
  scope: 0,
  resource: 0,
  parameters: 0,
  httpClient: 0,
  httpClientName: 0,
  timeout: 0,
  origins: 0,
  dangerouslyAllowInsecureTokenEndpoint: 0,
};

/**
 * Checks a client's options and completes them from the manager's.
 * @throws ConfigurationError that names the option and the fix
 */
export function resolveClient(
  name: string,
  options: ClientOptions,
  manager: ResolvedManager,
): ResolvedClient {
  const check = checker(`client "${name}"`);
  check.known(options, known);
  const { clientCredentialStyle: style = "authorization-header" } = options;
  if (style !== "authorization-header" && style !== "post-body") {
    check.fail("clientCredentialStyle", `is neither "authorization-header" nor "post-body".`);
  }
  return {
    ...manager,
    ...resolveCacheSettings(options, manager, check),
    name,
    tokenEndpoint: readEndpoint(options, check),
    clientId: check.string("clientId", options.clientId, "give the id that the authorization server knows."),
    clientSecret: readSecret(options, check),
    clientCredentialStyle: style,
    grant: shapeGrant(emptyGrant, options, check),
    httpClient: readHttpClient(options, manager, check),
    timeout: readTimeout(options.timeout, manager.timeout, check),
    origins: options.origins?.map((origin) => readOrigin(origin, check)),
    check,
  };
}

function readEndpoint(options: ClientOptions, check: Checker): URL {
  if (options.tokenEndpoint === undefined) {
    check.fail("tokenEndpoint", "is missing: give the URL that tokens are asked from.");
  }
  const url = check.url("tokenEndpoint", options.tokenEndpoint);
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    check.fail("tokenEndpoint", "has user information or a fragment: leave them out.");
  }
  const trusted = isLoopback(url.hostname) || options.dangerouslyAllowInsecureTokenEndpoint === true;
  if (url.protocol !== "https:" && !(url.protocol === "http:" && trusted)) {
    check.fail("tokenEndpoint", "is not https: (http is for loopback hosts).");
  }
  return url;
}

function readSecret(options: ClientOptions, check: Checker): ClientSecret | undefined {
  if (!("clientSecret" in options)) return undefined;
  const secret = options.clientSecret;
  if (typeof secret === "function") return secret;
  return check.string(
    "clientSecret",
    secret,
    "is the environment variable set? A public client leaves the option out.",
  );
}

function readHttpClient(options: ClientOptions, manager: ResolvedManager, check: Checker): Fetch {
  check.functions(options, "httpClient");
  const { httpClient, httpClientName: name } = options;
  if (httpClient !== undefined) return httpClient;
  if (name === undefined) return manager.httpClient;
  const { httpClients } = manager;
  return (
    (Object.hasOwn(httpClients, name) ? httpClients[name] : undefined) ??
    check.fail(
      "httpClientName",
      `is "${name}", and the manager has ${Object.keys(httpClients).join(", ") || "no httpClients"}.`,
    )
  );
}

function readOrigin(value: string | URL, check: Checker): string {
  const url = check.url("origins", value);
  if (!/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    check.fail("origins", "has more than origins: write https://api.company.com.");
  }
  return url.origin;
}
