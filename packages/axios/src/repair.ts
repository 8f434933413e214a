import { discard, isReplayable, type Attachment, type Authorizer } from "@client-token/core/adapter";
import { isAxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import { responseView, untilCancelled } from "./translation.ts";

/**
 * Answers a 401 with one more try, if core has another token and the body can be sent again; a token that is bound to
 * a key has every answer judged. Everything else stays as it came: returned or thrown, as `validateStatus` had it.
 */
export async function repair(
  authorizer: Authorizer,
  sent: Attachment,
  config: InternalAxiosRequestConfig,
  first: Promise<AxiosResponse>,
  resend: (again: Attachment) => Promise<AxiosResponse>,
): Promise<AxiosResponse> {
  const answer = await first.catch((error: unknown) => isAxiosError(error) && error.response);
  if (!answer || (answer.status !== 401 && !sent.bound)) return first;
  const judging = authorizer.shouldRetry(sent, responseView(answer), isReplayable(config.data));
  const again = await untilCancelled(config, judging);
  if (!again) return first;
  discard(answer.data);
  return resend(again);
}
