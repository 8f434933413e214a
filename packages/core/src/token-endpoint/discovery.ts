import {
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
  type AuthorizationServer,
} from "oauth4webapi";
import { waitFor } from "../clock.ts";
import { isTokenError, safeCause, TokenClientError, TokenRequestError } from "../errors.ts";
import type { KnownIssuer, Metadata } from "../options/metadata.ts";
import type { ResolvedClient } from "../options/resolve-client.ts";
import { isLoopback } from "../policy/destination.ts";
import { readBody } from "./response-body.ts";

/** How long metadata is used without another look, in milliseconds. */
const lifetime = 3_600_000;
/** How many issuers are remembered. */
const mostIssuers = 1000;

/**
 * The token endpoint that the client's issuer names. Metadata past its lifetime still serves, and is read again in
 * the background: an outage of the metadata is none of the tokens.
 */
export async function discoverEndpoint(client: ResolvedClient): Promise<URL> {
  const { metadata } = knownIssuer(client);
  if (metadata === undefined) return endpointIn(await load(client), client);
  // Whoever needs the metadata next reports what is wrong with them.
  if (client.clock.monotonic() - metadata.readAt >= lifetime) load(client).catch(() => {});
  return endpointIn(metadata, client);
}

/** Another endpoint than the `refused` one, which has moved away; `undefined` if the metadata names no other. */
export async function rediscoverEndpoint(client: ResolvedClient, refused: URL): Promise<URL | undefined> {
  const metadata = await load(client).catch(() => undefined);
  const endpoint = metadata && endpointIn(metadata, client);
  return endpoint?.href === refused.href ? undefined : endpoint;
}

function endpointIn(metadata: Metadata, { mutualTls }: ResolvedClient): URL {
  return mutualTls === undefined ? metadata.tokenEndpoint : metadata.mutualTlsEndpoint;
}

function knownIssuer({ issuers, authority }: ResolvedClient): KnownIssuer {
  const known = issuers.get(authority);
  if (known !== undefined) return known;
  // The oldest leaves: tenants may bring any number.
  const [oldest] = issuers.keys();
  if (oldest !== undefined && issuers.size >= mostIssuers) issuers.delete(oldest);
  const fresh: KnownIssuer = { metadata: undefined, loading: undefined };
  issuers.set(authority, fresh);
  return fresh;
}

/** Reads the metadata, once for all who ask meanwhile. */
function load(client: ResolvedClient): Promise<Metadata> {
  const known = knownIssuer(client);
  known.loading ??= read(client)
    .then((metadata) => (known.metadata = metadata))
    .finally(() => (known.loading = undefined));
  return known.loading;
}

async function read(client: ResolvedClient): Promise<Metadata> {
  const { clock, name, authority, timeout } = client;
  const controller = new AbortController();
  const work = request(client, "oidc", controller.signal).then(
    // Servers without OpenID Connect publish them elsewhere (RFC 8414 §3).
    (found) => found ?? request(client, "oauth2", controller.signal),
  );
  const unreachable = (cause?: Error): TokenRequestError =>
    new TokenRequestError(
      `the metadata of ${authority} could not be had${cause === undefined ? ` within ${timeout} ms` : ", see the cause"}: check the network.`,
      { client: name, code: "ERR_TOKEN_REQUEST_UNREACHABLE", cause },
    );
  try {
    const server = await waitFor(clock, work, timeout, () => unreachable());
    if (server === undefined) throw problem(client, "publishes no metadata: give the tokenEndpoint instead");
    return readMetadata(client, server);
  } catch (error) {
    if (isTokenError(error)) throw error;
    throw unreachable(safeCause(error) ?? new Error("no reason was given"));
  } finally {
    controller.abort();
  }
}

/** `undefined`: there are none at this place. Redirects are not followed. */
async function request(
  client: ResolvedClient,
  algorithm: "oidc" | "oauth2",
  signal: AbortSignal,
): Promise<AuthorizationServer | undefined> {
  const issuer = new URL(client.authority);
  const response = await discoveryRequest(issuer, {
    algorithm,
    // The library says that there is no body where fetch wants nothing said.
    [customFetch]: (url, { body: _none, ...init }) => client.httpClient(url, init),
    // Which issuers may be asked without TLS was decided when the options were checked.
    [allowInsecureRequests]: true,
    signal,
  });
  const { status, headers } = response;
  const text = await readBody(response);
  if (status >= 500 || status === 429) throw new Error(`The answer was ${status}.`);
  if (status !== 200) return undefined;
  if (text === undefined) throw problem(client, "publishes metadata of more than 1 MiB");
  try {
    return await processDiscoveryResponse(issuer, new Response(text, { status, headers }));
  } catch {
    throw problem(client, "publishes metadata that are not its own: is the issuer spelt as the server does?");
  }
}

function readMetadata(client: ResolvedClient, server: AuthorizationServer): Metadata {
  const { token_endpoint: endpoint, mtls_endpoint_aliases: aliases } = server;
  // To the letter (RFC 8414 §3.3): the library compares parsed URLs.
  if (server.issuer !== client.authority) {
    throw problem(client, `calls itself ${JSON.stringify(server.issuer)}: use that as the issuer`);
  }
  const tokenEndpoint = readEndpoint(client, endpoint);
  const alias = aliases?.token_endpoint;
  return {
    tokenEndpoint,
    mutualTlsEndpoint: alias === undefined ? tokenEndpoint : readEndpoint(client, alias),
    readAt: client.clock.monotonic(),
  };
}

/** An endpoint learns credentials: metadata cannot send them to this machine, nor out of TLS. */
function readEndpoint(client: ResolvedClient, value: unknown): URL {
  if (typeof value !== "string" || !URL.canParse(value)) {
    throw problem(client, "names no token endpoint in its metadata: give the tokenEndpoint instead");
  }
  const url = new URL(value);
  const issuer = new URL(client.authority);
  const isTrusted =
    url.protocol === "https:"
      ? issuer.protocol === "http:" || !isLoopback(url.hostname)
      : // Who may be asked without TLS was decided for the issuer.
        url.protocol === "http:" &&
        issuer.protocol === "http:" &&
        isLoopback(url.hostname) === isLoopback(issuer.hostname);
  if (!isTrusted || url.username !== "" || url.password !== "" || url.hash !== "") {
    throw problem(
      client,
      "names a token endpoint that is not safe: it has to be https, not on this machine, and without user information",
    );
  }
  return url;
}

function problem({ name, authority }: ResolvedClient, what: string): TokenClientError {
  return new TokenClientError(`the issuer ${authority} ${what}.`, {
    client: name,
    code: "ERR_TOKEN_DISCOVERY",
  });
}
