import { basicCredential, formEncode } from "./client-authentication.ts";

/** Blots out credentials. */
export type Redact = (text: string) => string;

/** Blots out a secret or an assertion in every form it is sent in, wherever a server or a library repeats it. */
export function redactor(clientId: string, secret: string | undefined): Redact {
  if (secret === undefined) return (text) => text;
  const forms = [
    basicCredential(clientId, secret, formEncode),
    basicCredential(clientId, secret, String),
    formEncode(secret),
    encodeURIComponent(secret),
    secret,
  ];
  return (text) => forms.reduce((clean, form) => clean.replaceAll(form, "[redacted]"), text);
}
