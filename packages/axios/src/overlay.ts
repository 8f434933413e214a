import type { Attachment } from "@client-token/core/adapter";
import { AxiosHeaders, type InternalAxiosRequestConfig } from "axios";

/**
 * Puts a token on a config, and sends it where redirects have led. Returns what it changed, as it was before: a config
 * lives on in errors and logs, and in whoever tries again with it.
 */
export function overlay(
  config: InternalAxiosRequestConfig,
  { headers: added, without, bound, moved, withBody, url, method }: Attachment,
): object {
  // A copy by `concat` would look for the name of each header among all the others.
  const headers = Object.assign(new AxiosHeaders(), config.headers).set(added);
  headers.delete([...without]);
  const changes = {
    headers,
    // A proof goes where it was made for, and nowhere else.
    ...(bound && { maxRedirects: 0, fetchOptions: { ...config.fetchOptions, redirect: "manual" } }),
    ...(moved && { url, method, baseURL: undefined, params: undefined }),
    ...(!withBody && { data: undefined }),
  };
  const before: Record<string, unknown> = {};
  for (const name in changes) before[name] = Reflect.get(config, name);
  Object.assign(config, changes);
  return before;
}
