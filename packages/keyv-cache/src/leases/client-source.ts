import { ConfigurationError } from "@client-token/core";

/**
 * A client, or a function that gives it and is asked at each taking of a lease: stores replace a client that failed.
 * A lease is given back through the client that it was taken with.
 */
export type ClientSource<Client> = Client | (() => Client | Promise<Client>);

/** A client is checked where it can first be seen: at once, or when the function gives it. */
export function clientOf<Client>(
  source: ClientSource<Client>,
  check: (client: Client) => void,
): () => Promise<Client> {
  if (!isFunction(source)) {
    check(source);
    return async () => source;
  }
  return async () => {
    const client = await source();
    check(client);
    return client;
  };
}

function isFunction<Client>(source: ClientSource<Client>): source is () => Client | Promise<Client> {
  return typeof source === "function";
}

/** @throws ConfigurationError that names the method and the fix */
export function expectMethods<Client>(
  lease: string,
  client: Client,
  methods: readonly (keyof Client & string)[],
  hint: string,
): void {
  for (const method of methods) {
    if (typeof client?.[method] !== "function") refuse(lease, `has no method "${method}": ${hint}`);
  }
}

/** @throws ConfigurationError */
export function refuse(lease: string, problem: string, option = "client"): never {
  throw new ConfigurationError(`"${option}" of ${lease} ${problem}`);
}
