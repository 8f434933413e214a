import type { Attachment, Authorizer, RequestView, ResponseView } from "@client-token/core/adapter";
import { CanceledError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";

type MaybePromise<T> = T | Promise<T>;

/** Asks core for the token of a request; `undefined`: send it as it is. At once with a token in the cache. */
export function attach(
  authorizer: Authorizer,
  config: InternalAxiosRequestConfig,
  baseUrl: string | undefined,
): MaybePromise<Attachment | undefined> {
  const url = fullUrl(config);
  // Axios sends these as Basic, and takes every other Authorization header off.
  if (config.auth || userinfo.test(url)) return undefined;
  const { method = "get", headers, signal } = config;
  const view: RequestView = { method: method.toUpperCase(), url, header: (name) => headerOf(headers, name) };
  const attaching = authorizer.attach(view, {
    signal: signal instanceof AbortSignal ? signal : undefined,
    choice: config.clientToken,
    baseUrl,
    redirects: config.maxRedirects,
  });
  return attaching instanceof Promise ? untilCancelled(config, attaching) : attaching;
}

const userinfo = /^[^/?#]*\/\/[^/?#]*@/;

/**
 * The URL as Axios combines it, without `params`. `getUri` says the same, at several times the price of everything
 * else that is done for a request.
 */
function fullUrl({ url, baseURL, allowAbsoluteUrls }: Destination): string {
  const wanted = String(url ?? "");
  const stands = allowAbsoluteUrls !== false && /^([a-z][a-z\d+\-.]*:)?\/\//i.test(wanted);
  if (!baseURL || stands) return wanted;
  return wanted === "" ? baseURL : `${baseURL.replace(/\/+$/, "")}/${wanted.replace(/^\/+/, "")}`;
}

/** Axios takes a URL object too, though its types do not say so. */
type Destination = Pick<InternalAxiosRequestConfig, "baseURL" | "allowAbsoluteUrls"> & {
  readonly url?: string | URL | undefined;
};

/** Adapters of other makers give the headers of a response as a plain object. */
function headerOf(headers: object, wanted: string): string | undefined {
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === wanted);
  // `null` and `false` are words of the caller too: no such header.
  return found?.[1] === undefined ? undefined : `${found[1]}`;
}

/**
 * Ends a wait as Axios ends a request. Core knows the signal, and rejects with its reason; of a `cancelToken` it
 * knows nothing.
 */
export async function untilCancelled<T>(
  config: InternalAxiosRequestConfig,
  waiting: MaybePromise<T>,
): Promise<T> {
  const { signal, cancelToken } = config;
  const cancelled = cancelToken?.promise.then(() => {
    cancelToken.throwIfRequested();
    return waiting;
  });
  try {
    return await Promise.race([waiting, cancelled ?? waiting]);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    throw Object.assign(new CanceledError(), { config });
  }
}

/** A response as core sees it. */
export function responseView({ status, headers, request }: AxiosResponse): ResponseView {
  return { status, url: finalUrl(request), header: (name) => headerOf(headers, name) };
}

/** Where a response came from after redirects: the http and xhr adapters know, the fetch adapter does not tell. */
function finalUrl(request: unknown): string | undefined {
  const { res, responseURL } = Object(request) as {
    readonly res?: { readonly responseUrl?: string };
    readonly responseURL?: string;
  };
  return res?.responseUrl ?? responseURL;
}
