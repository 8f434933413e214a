import { withClientToken as withAxiosToken } from "@client-token/axios";
import { createTokenManager, withClientToken, type Fetch } from "@client-token/core";
import { withClientToken as withKyToken } from "@client-token/ky";
import { create as createAxios, getAdapter, type AxiosInstance } from "axios";
import ky from "ky";
import { startLoopbackApi } from "../harness/loopback.ts";
import { createStubTokenEndpoint } from "../harness/stub-token-endpoint.ts";
import { repeatAwaiting, compareAll, type Batch } from "../harness/turns.ts";
import { constantAxios, constantFetch, constantKy } from "./constant-header.ts";
import type { Suite } from "./suite.ts";

/** A call with a token beside the same call with a constant header, over loopback HTTP: nanoseconds per call. */
export const loopback: Suite = async (scale, backwards) => {
  await using api = await startLoopbackApi();
  await using tokens = createTokenManager({
    clients: {
      invoices: { tokenEndpoint: "https://sts.company.com/token", clientId: "invoices", origins: [api.url] },
    },
    httpClient: createStubTokenEndpoint().httpClient,
  });
  const invoices = tokens.client("invoices");
  const { authorization } = await invoices.getToken();

  const callFetch = (call: Fetch): Batch =>
    repeatAwaiting(async () => {
      const response = await call(`${api.url}/list`);
      await response.text();
      return response.status;
    }, 200);
  const callAxios = (instance: AxiosInstance): Batch =>
    repeatAwaiting(async () => (await instance.get("/list")).status, 200);
  const create = (): AxiosInstance => createAxios({ baseURL: api.url });

  return await compareAll(
    [
      {
        fetchConstant: callFetch(constantFetch(authorization)(fetch)),
        fetchToken: callFetch(withClientToken(invoices)(fetch)),
      },
      {
        kyConstant: callFetch(ky.extend(constantKy(authorization))),
        kyToken: callFetch(ky.extend(withKyToken(invoices))),
      },
      {
        axiosConstant: callAxios(constantAxios(authorization, getAdapter("http"))(create())),
        axiosToken: callAxios(withAxiosToken(invoices)(create())),
      },
    ],
    scale.loopback,
    backwards,
  );
};
