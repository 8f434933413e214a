import type { ClientAuth } from "oauth4webapi";
import type { ClientCredentialStyle } from "../options/client-options.ts";

/**
 * How the client proves who it is (RFC 6749 §2.3.1). `oauth4webapi` brings the same two methods; its header form
 * also encodes `-`, `_` and `.`, which servers that do not decode the header take for a wrong id.
 */
export function clientAuthentication(secret: string | undefined, style: ClientCredentialStyle): ClientAuth {
  return (_server, { client_id: id }, body, headers) => {
    if (secret !== undefined && style === "authorization-header") {
      headers.set("authorization", `Basic ${btoa(`${formEncode(id)}:${formEncode(secret)}`)}`);
      return;
    }
    body.set("client_id", id);
    if (secret !== undefined) body.set("client_secret", secret);
  };
}

/** `application/x-www-form-urlencoded`, as RFC 6749 Appendix B asks for and URLSearchParams does it. */
export function formEncode(value: string): string {
  return new URLSearchParams({ "": value }).toString().slice(1);
}
