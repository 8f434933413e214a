import type { FetchMiddleware } from "@client-token/core";
import type { AxiosAdapter, AxiosInstance } from "axios";
import type { Options } from "ky";

// The measure of the adapters: the same kind of hook, interceptor or adapter, with a header that never changes.

/** Beside `withClientToken` of core. */
export function constantFetch(authorization: string): FetchMiddleware {
  return (next) => async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set("authorization", authorization);
    return next(input, { ...init, headers });
  };
}

/** Beside `withClientToken` for ky, with both of the hooks that a call meets. */
export function constantKy(authorization: string): Options {
  return {
    hooks: {
      beforeRequest: [({ request }) => request.headers.set("authorization", authorization)],
      afterResponse: [() => {}],
    },
  };
}

/** Beside `withClientToken` for Axios: an interceptor that lays an adapter over the one of the request. */
export function constantAxios(
  authorization: string,
  next: AxiosAdapter,
): (instance: AxiosInstance) => AxiosInstance {
  const adapter = constantAdapter(authorization, next);
  return (instance) => {
    instance.interceptors.request.use(
      (config) => {
        config.adapter = adapter;
        return config;
      },
      null,
      { synchronous: true },
    );
    return instance;
  };
}

/** Beside `clientTokenInterceptors`. */
export function constantInterceptors(authorization: string): (instance: AxiosInstance) => AxiosInstance {
  return (instance) => {
    instance.interceptors.request.use(async (config) => {
      config.headers.set("authorization", authorization);
      return config;
    });
    instance.interceptors.response.use(
      async (response) => response,
      async (error: unknown) => {
        throw error;
      },
    );
    return instance;
  };
}

/** Beside `clientTokenAdapter`. */
export function constantAdapter(authorization: string, next: AxiosAdapter): AxiosAdapter {
  return async (config) => {
    config.headers.set("authorization", authorization);
    return next(config);
  };
}
