/** Text from the environment often has its line breaks escaped. */
const block = /-----BEGIN PRIVATE KEY-----((?:\\[nr]|[\sA-Za-z\d+/=])+)-----END PRIVATE KEY-----/;

/** Why a text is no PKCS#8 private key in PEM (RFC 7468 §10). */
export function pemProblem(text: string): string | undefined {
  if (block.test(text)) return undefined;
  const [, label] = /-----BEGIN ([A-Z\d ]+)-----/.exec(text) ?? [];
  if (label === undefined)
    return "is no PEM, which has -----BEGIN PRIVATE KEY----- in it; a JWK is given as an object";
  if (label === "PRIVATE KEY") return "is PEM that is not whole: give it as it is in its file";
  if (!label.endsWith("PRIVATE KEY")) return `is PEM without a private key (${label}): give the private key`;
  const command =
    label === "OPENSSH PRIVATE KEY"
      ? "ssh-keygen -p -m PKCS8 -f key"
      : "openssl pkey -in key.pem -out pkcs8.pem";
  return `is PEM that is not PKCS#8 (${label}): convert it with "${command}"`;
}

/** The DER inside; only for a text without a {@link pemProblem}. */
export function pemContent(text: string): Uint8Array<ArrayBuffer> {
  const content = block.exec(text)?.[1]?.replaceAll(/\\[nr]|\s/g, "") ?? "";
  return Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
}
