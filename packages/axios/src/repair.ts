import type { Attachment, Authorizer } from "@client-token/core/adapter";
import { isAxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import { responseView, untilCancelled } from "./translation.ts";

/**
 * Answers a 401 with one more try, if core has another token and the body can be sent again. Everything else stays
 * as it came: returned or thrown, as `validateStatus` had it.
 */
export async function repair(
  authorizer: Authorizer,
  sent: Attachment,
  config: InternalAxiosRequestConfig,
  first: Promise<AxiosResponse>,
  resend: (again: Attachment) => Promise<AxiosResponse>,
): Promise<AxiosResponse> {
  const answer = await first.catch((error: unknown) => (isAxiosError(error) ? error.response : undefined));
  if (answer?.status !== 401) return first;
  const judging = authorizer.shouldRetry(sent, responseView(answer), isReplayable(config.data));
  const again = await untilCancelled(config, Promise.resolve(judging));
  if (again === undefined) return first;
  discard(answer.data);
  return resend(again);
}

/** Whether Axios can send a body twice. A spent stream would go out empty, and be taken for a success. */
function isReplayable(body: unknown): boolean {
  // By their looks: streams of Node and of the web, the `form-data` package (a stream too), async iterables.
  return !["pipe", "getReader", Symbol.asyncIterator].some((name) => has(body, name));
}

/** A streamed body that nobody reads would hold its connection. */
function discard(body: unknown): void {
  if (has(body, "destroy")) body.destroy();
  else if (has(body, "cancel")) Promise.resolve(body.cancel()).catch(() => {});
}

function has<Name extends PropertyKey>(value: unknown, name: Name): value is Record<Name, () => unknown> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function";
}
