/** An encryption key whose bytes are at hand. */
export interface TestKey {
  readonly id: string;
  readonly secret: Uint8Array<ArrayBuffer>;
}

/** A key that nobody else has. */
export function newKey(id: string): TestKey {
  return { id, secret: crypto.getRandomValues(new Uint8Array(32)) };
}

/** The secret as it stands in an environment variable. */
export function secretText({ secret }: TestKey): string {
  return Buffer.from(secret).toString("base64url");
}
