import { formEncode } from "./client-authentication.ts";

/** Blots out credentials. */
export type Redact = (text: string) => string;

/** Blots out the secret in every form it was sent in, wherever a server or a library repeats it. */
export function redactor(clientId: string, secret: string | undefined): Redact {
  if (secret === undefined) return (text) => text;
  const encoded = formEncode(secret);
  const forms = [btoa(`${formEncode(clientId)}:${encoded}`), encoded, encodeURIComponent(secret), secret];
  return (text) => forms.reduce((clean, form) => clean.replaceAll(form, "[redacted]"), text);
}
