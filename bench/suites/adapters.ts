import {
  clientTokenAdapter,
  clientTokenInterceptors,
  withClientToken as withAxiosToken,
} from "@client-token/axios";
import { createTokenManager, withClientToken, type Fetch, type TokenManager } from "@client-token/core";
import { withClientToken as withKyToken } from "@client-token/ky";
import { create as createAxios, type AxiosAdapter, type AxiosInstance } from "axios";
import ky from "ky";
import { createStubTokenEndpoint } from "../harness/stub-token-endpoint.ts";
import { api, createStubAdapter, createStubFetch } from "../harness/stub-transport.ts";
import { repeatAwaiting, compareAll, type Batch } from "../harness/turns.ts";
import {
  constantAdapter,
  constantAxios,
  constantFetch,
  constantInterceptors,
  constantKy,
} from "./constant-header.ts";
import type { Suite } from "./suite.ts";

/** A call with a token beside the same call with a constant header, over a stub: nanoseconds per call. */
export const adapters: Suite = async (scale, backwards) => {
  await using tokens = createTokens();
  const invoices = tokens.client("invoices");
  const { authorization } = await invoices.getToken();

  const stubFetch = createStubFetch(authorization);
  const stubKy = ky.extend({ fetch: stubFetch });
  const stubAdapter = createStubAdapter(authorization);
  const create = (adapter: AxiosAdapter): AxiosInstance => createAxios({ baseURL: api, adapter });
  const withInterceptors = (instance: AxiosInstance): AxiosInstance => {
    const { request, response } = clientTokenInterceptors(invoices);
    instance.interceptors.request.use(...request);
    instance.interceptors.response.use(...response);
    return instance;
  };

  return await compareAll(
    [
      {
        fetchConstant: callFetch(constantFetch(authorization)(stubFetch)),
        fetchToken: callFetch(withClientToken(invoices)(stubFetch)),
      },
      {
        kyConstant: callFetch(stubKy.extend(constantKy(authorization))),
        kyToken: callFetch(stubKy.extend(withKyToken(invoices))),
      },
      {
        axiosConstant: callAxios(constantAxios(authorization, stubAdapter)(create(stubAdapter))),
        axiosToken: callAxios(withAxiosToken(invoices)(create(stubAdapter))),
      },
      {
        axiosInterceptorsConstant: callAxios(constantInterceptors(authorization)(create(stubAdapter))),
        axiosInterceptorsToken: callAxios(withInterceptors(create(stubAdapter))),
      },
      {
        axiosAdapterConstant: callAxios(create(constantAdapter(authorization, stubAdapter))),
        axiosAdapterToken: callAxios(create(clientTokenAdapter(invoices)(stubAdapter))),
      },
    ],
    scale.stub,
    backwards,
  );
};

function createTokens(): TokenManager<"invoices"> {
  return createTokenManager({
    clients: {
      invoices: { tokenEndpoint: "https://sts.company.com/token", clientId: "invoices", origins: [api] },
    },
    httpClient: createStubTokenEndpoint().httpClient,
  });
}

function callFetch(call: Fetch): Batch {
  return repeatAwaiting(async () => (await call(`${api}/list`)).status, 200);
}

function callAxios(instance: AxiosInstance): Batch {
  return repeatAwaiting(async () => (await instance.get("/list")).status, 200);
}
