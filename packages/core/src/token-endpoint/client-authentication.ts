import type { ClientAuth } from "oauth4webapi";
import type { ClientCredentialStyle } from "../options/client-options.ts";
import { base64 } from "../policy/base64.ts";

/**
 * How the client proves who it is (RFC 6749 §2.3.1). `oauth4webapi` brings the same two methods; its header form
 * also encodes `-`, `_` and `.`, which servers that do not decode the header take for a wrong id.
 */
export function clientAuthentication(secret: string | undefined, style: ClientCredentialStyle): ClientAuth {
  return (_server, { client_id: id }, body, headers) => {
    if (secret !== undefined && style !== "post-body") {
      const encode = style === "authorization-header" ? formEncode : String;
      headers.set("authorization", `Basic ${basicCredential(id, secret, encode)}`);
      return;
    }
    body.set("client_id", id);
    if (secret !== undefined) body.set("client_secret", secret);
  };
}

/** An assertion in place of a secret (RFC 7521 §4.2). */
export function assertionAuthentication(assertion: string, type: string): ClientAuth {
  return (_server, { client_id: id }, body) => {
    body.set("client_id", id);
    body.set("client_assertion_type", type);
    body.set("client_assertion", assertion);
  };
}

/** `application/x-www-form-urlencoded`, as RFC 6749 Appendix B asks for and URLSearchParams does it. */
export function formEncode(value: string): string {
  return new URLSearchParams({ "": value }).toString().slice(1);
}

/** The value behind `Basic` (RFC 7617), in UTF-8. */
export function basicCredential(id: string, secret: string, encode: (text: string) => string): string {
  return base64(new TextEncoder().encode(`${encode(id)}:${encode(secret)}`));
}
