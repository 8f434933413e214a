import type { Attachment } from "./authorizer/attachment.ts";
import {
  createAuthorizer,
  type ClientReference,
  type WithClientTokenOptions,
} from "./authorizer/authorizer.ts";
import type { ResponseView } from "./authorizer/rejection.ts";
import type { RequestView } from "./authorizer/token-choice.ts";
import type { AnyManager, DefaultManager } from "./default-manager.ts";
import type { Fetch, FetchMiddleware } from "./options/fetch.ts";

/**
 * A fetch middleware that puts the client's token on every request, and repairs a 401 once if the body can be
 * sent again. It serves every library that accepts a `fetch`.
 *
 * @param client a registered name, looked up when a request is made, or a handle
 * @throws TokenError instead of sending a request without its token; what `next` throws stays as it is
 * @example
 * ```ts
 * import { withClientToken } from "@client-token/core";
 *
 * const invoicesFetch = withClientToken("invoices")(fetch);
 * const response = await invoicesFetch("https://api.company.com/list");
 * ```
 * @see RFC 6750 §2.1
 */
export function withClientToken<M extends AnyManager = DefaultManager>(
  client: NoInfer<ClientReference<M>>,
  options?: WithClientTokenOptions<M>,
): FetchMiddleware {
  const authorizer = createAuthorizer<M>(client, options);
  return (next) => async (input, init) => {
    const given = isRequest(input) ? input : undefined;
    const headers = new Headers(init?.headers ?? given?.headers);
    const signal = init?.signal ?? given?.signal;
    const follows = (init?.redirect ?? given?.redirect ?? "follow") === "follow";
    const attaching = authorizer.attach(view(input, init, headers), {
      signal,
      redirects: follows ? undefined : 0,
    });
    const attachment = attaching instanceof Promise ? await attaching : attaching;
    if (attachment === undefined) return next(input, init);

    const spare = hasNoBody(init) && given?.body ? given.clone() : undefined;
    const send = (
      to: typeof input,
      { headers: added, without, bound }: Attachment,
      changes?: RequestInit,
    ): Promise<Response> => {
      for (const name of without) headers.delete(name);
      for (const [name, value] of Object.entries(added)) headers.set(name, value);
      const request: RequestInit = { ...init, ...changes, headers };
      // A proof goes where it was made for, and nowhere else.
      if (bound !== undefined && follows) request.redirect = "manual";
      return next(to, request);
    };
    const sendAgain = (again: Attachment): Promise<Response> => {
      const { method, url, moved, withBody } = again;
      const copy = withBody ? spare?.clone() : undefined;
      if (!moved) return send(copy ?? input, again);
      const changes = { method, signal: signal ?? null, ...(withBody ? {} : { body: null }) };
      return send(copy === undefined ? url : new Request(url, copy), again, changes);
    };
    try {
      const canResend = spare !== undefined || isReplayable(init?.body);
      let sent = attachment;
      let response = await send(input, sent);
      for (;;) {
        const again = await authorizer.shouldRetry(sent, responseView(response), canResend);
        if (again === undefined) return response;
        await response.body?.cancel().catch(() => {});
        response = await sendAgain(again);
        sent = again;
      }
    } finally {
      // A branch that nobody reads would keep the whole body in memory.
      if (spare?.bodyUsed === false) spare.body?.cancel().catch(() => {});
    }
  };
}

/** By its looks: a Request of another realm or library is passed on untouched. */
function isRequest(input: Parameters<Fetch>[0]): input is Request {
  return typeof input === "object" && "url" in input && "clone" in input;
}

function hasNoBody(init: RequestInit | undefined): boolean {
  return init?.body === undefined || init.body === null;
}

/** Whether a body can be sent twice. A stream cannot, and a second try with a spent iterable would be empty. */
function isReplayable(body: BodyInit | null | undefined): boolean {
  if (body === undefined || body === null || typeof body === "string" || ArrayBuffer.isView(body))
    return true;
  return replayable.test(Object.prototype.toString.call(body));
}

const replayable = /^\[object (Blob|File|FormData|URLSearchParams|(Shared)?ArrayBuffer)\]$/;

function view(input: Parameters<Fetch>[0], init: RequestInit | undefined, headers: Headers): RequestView {
  return {
    method: init?.method ?? (isRequest(input) ? input.method : "GET"),
    url: typeof input === "string" ? input : isRequest(input) ? input.url : input.href,
    header: (name) => headers.get(name),
  };
}

function responseView(response: Response): ResponseView {
  return { status: response.status, url: response.url, header: (name) => response.headers.get(name) };
}
