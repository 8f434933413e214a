import { ConfigurationError } from "@client-token/core";
import { base64url } from "./bytes.ts";

/** A key that entries are encrypted with. */
export interface EncryptionKey {
  /** What entries call it by: 1–32 characters of `A-Z a-z 0-9 . _ -`. Each secret has an id of its own, for ever. */
  readonly id: string;
  /** 32 random bytes, or their 43 characters in base64url; no passphrase. */
  readonly secret: string | Uint8Array | undefined;
}

/**
 * The keys: the first encrypts, all decrypt. Or a function that gives them, from a KMS for example; it is called
 * when the cache is first used, and again when its answer is 5 minutes old or lacks a key that an entry was
 * encrypted with.
 */
export type EncryptionKeys =
  | readonly EncryptionKey[]
  | (() => readonly EncryptionKey[] | Promise<readonly EncryptionKey[]>);

/** A key whose bytes are ours: what becomes of the caller's changes nothing. */
export interface CheckedKey {
  readonly id: string;
  readonly secret: Uint8Array<ArrayBuffer>;
}

export type AtLeastOne<T> = readonly [T, ...T[]];

/** @throws ConfigurationError that names the key and the fix, and shows nothing of it */
export function checkKeys(keys: readonly Partial<EncryptionKey>[]): AtLeastOne<CheckedKey> {
  const isList: boolean = Array.isArray(keys);
  if (!isList) fail("keys", "is no list: give [{ id, secret }], or a function that gives one.");
  const [first, ...others] = keys.map(checkKey);
  if (first === undefined) fail("keys", "is empty: give at least one.");
  const checked: AtLeastOne<CheckedKey> = [first, ...others];
  if (new Set(checked.map(({ id }) => id)).size < checked.length) {
    fail("keys", "has two of the same id: give each an id of its own.");
  }
  return checked;
}

function checkKey(key: Partial<EncryptionKey> | undefined, index: number): CheckedKey {
  const { id, secret } = key ?? {};
  // What stands here may be a secret in the wrong place.
  if (typeof id !== "string" || !/^[\w.-]{1,32}$/.test(id)) {
    fail(`keys[${index}].id`, "is no id: give 1–32 characters of A-Z a-z 0-9 . _ -.");
  }
  if (secret === undefined || secret === "") {
    fail(`keys[${index}].secret`, "is undefined or empty: is the environment variable set?");
  }
  const bytes = bytesOf(secret);
  // Random bytes are all below 128 once in four thousand million times: this is text, or an array of zeros.
  if (bytes?.length !== 32 || bytes.every((byte) => byte < 128)) {
    fail(
      `keys[${index}].secret`,
      "is not 32 random bytes, or their 43 characters in base64url: make one with " +
        "openssl rand -base64 32 | tr '+/' '-_' | tr -d '='",
    );
  }
  return { id, secret: bytes };
}

function bytesOf(secret: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof secret === "string") return base64url.decode(secret);
  return secret instanceof Uint8Array ? Uint8Array.from(secret) : undefined;
}

function fail(option: string, problem: string): never {
  throw new ConfigurationError(`"${option}" of aesGcm ${problem}`);
}
