import { isBoundToProcess, readAuthentication, type Authentication } from "./authentication.ts";
import { readAuthority, type Authority } from "./authority.ts";
import { checker, type Checker } from "./checks.ts";
import type { ClientOptions } from "./client-options.ts";
import type { Fetch } from "./fetch.ts";
import { emptyGrant, shapeGrant, type Grant } from "./grant.ts";
import {
  knownCacheSettings,
  readTimeout,
  resolveCacheSettings,
  type ResolvedManager,
} from "./resolve-manager.ts";

/** A client whose options are checked, and completed by its manager's. */
export interface ResolvedClient extends ResolvedManager, Authority, Authentication {
  readonly name: string;
  readonly clientId: string;
  readonly grant: Grant;
  readonly origins: readonly string[] | undefined;
  /** Reports mistakes in requests that name this client. */
  readonly check: Checker;
}

/** A list that the compiler keeps complete. */
const known: Record<keyof ClientOptions, 0> = {
  ...knownCacheSettings,
  tokenEndpoint: 0,
  issuer: 0,
  clientId: 0,
  clientSecret: 0,
  clientCredentialStyle: 0,
  clientAssertion: 0,
  mutualTls: 0,
  dpop: 0,
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
  const settings = resolveCacheSettings(options, manager, check);
  const authentication = readAuthentication(name, options, check);
  return {
    ...manager,
    ...settings,
    ...readAuthority(options, check),
    ...authentication,
    name,
    cache: isBoundToProcess(authentication) ? undefined : settings.cache,
    clientId: check.string("clientId", options.clientId, "give the id that the authorization server knows."),
    grant: shapeGrant(emptyGrant, options, check),
    httpClient: readHttpClient(options, manager, check),
    timeout: readTimeout(options.timeout, manager.timeout, check),
    origins: options.origins?.map((origin) => readOrigin(origin, check)),
    check,
  };
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
