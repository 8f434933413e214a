import type { TokenChoice, TokenClient, TokenManager } from "@client-token/core";
import type { AxiosInstance, CreateAxiosDefaults } from "axios";
import { versions, type Version } from "./versions.ts";

interface Options {
  readonly manager?: TokenManager;
  readonly select?: () => TokenChoice | undefined;
}

/** Makes an instance that asks for the tokens of `client`. */
type Create = (client: string | TokenClient, options: Options, config?: CreateAxiosDefaults) => AxiosInstance;

/** The decorator, which stands on the adapter, and the interceptors. */
const ways: Record<string, (version: Version) => Create> = {
  decorator:
    ({ axios, withClientToken }) =>
    (client, options, config) =>
      withClientToken(client, options)(axios.create(config)),
  interceptors:
    ({ axios, clientTokenInterceptors }) =>
    (client, options, config) => {
      const instance = axios.create(config);
      const { request, response } = clientTokenInterceptors(client, options);
      instance.interceptors.request.use(...request);
      instance.interceptors.response.use(...response);
      return instance;
    },
};

/** Both ways, over both versions, over the two adapters that Node has. */
export const combinations = versions.flatMap((version) =>
  Object.entries(ways).flatMap(([way, over]) =>
    (["http", "fetch"] as const).map((adapter) => ({
      name: `${way}, ${version.axios.VERSION}, ${adapter}`,
      adapter,
      axios: version.axios,
      create: ((client, options, config) => over(version)(client, options, { adapter, ...config })) as Create,
    })),
  ),
);
