import type { Fetch } from "@client-token/core";
import { Agent, Dispatcher1Wrapper } from "undici";
import { onTestFinished } from "vitest";
import type { Certificate } from "../../../packages/core/test/support/certificates.ts";
import { authority } from "../../../packages/core/test/support/listener.ts";

/** `fetch` with a certificate of its own, until the test ends. */
export function secureFetch(certificate?: Certificate): Fetch {
  const agent = new Agent({
    connect: { ca: authority.cert, cert: certificate?.cert, key: certificate?.key },
  });
  onTestFinished(() => agent.destroy());
  // The platform's fetch is of another major of undici, whose dispatchers look different.
  const tls = { dispatcher: new Dispatcher1Wrapper(agent) };
  return (input, init) => fetch(input, { ...init, ...tls });
}
