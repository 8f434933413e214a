import { base64url, utf8 } from "./bytes.ts";
import type { EncryptionKeys } from "./encryption-keys.ts";
import { keyRing, layout } from "./key-ring.ts";

/** What encrypts the values of a cache: {@link aesGcm}, or something of your own. */
export interface EntryEncryption {
  /** Rejects if there is no key to encrypt with. */
  encrypt(text: string, cacheKey: string): Promise<string>;
  /**
   * The text that was encrypted for this key of the cache; `undefined` for everything else, so that it is a miss.
   * Rejects if no keys are to be had.
   */
  decrypt(encrypted: string, cacheKey: string): Promise<string | undefined>;
  /** Called when the cache is read, so that what it takes to get ready happens while others work. Must not throw. */
  warmUp?(): void;
}

/** 96 bits, at random: good for four thousand million entries under one key (NIST SP 800-38D §8.3). */
const ivLength = 12;

/**
 * AES-256-GCM for the option `encryption` of `keyvTokenCache`. The first key encrypts and all decrypt, so that keys
 * are changed in three steps, each of them everywhere before the next: `[old, next]`, `[next, old]`, and, when the
 * last token from before has ended, `[next]`. What is no entry for the same key of the cache is a miss.
 *
 * @throws ConfigurationError that names the key and the fix, and shows no secret
 * @example
 * ```ts
 * import { aesGcm, keyvTokenCache } from "@client-token/keyv-cache";
 * import { createKeyv } from "@keyv/redis";
 *
 * const cache = keyvTokenCache(createKeyv("redis://localhost:6379", { namespace: "tokens" }), {
 *   encryption: aesGcm([{ id: "2026-11", secret: process.env.TOKEN_CACHE_KEY }]),
 * });
 * ```
 */
export function aesGcm(keys: EncryptionKeys): EntryEncryption {
  const ring = keyRing(keys);
  return {
    warmUp() {
      // Whoever needs a key hears why there is none.
      ring.first().catch(() => {});
    },
    async encrypt(text, cacheKey) {
      const { id, key } = await ring.first();
      const iv = crypto.getRandomValues(new Uint8Array(ivLength));
      const ciphertext = await crypto.subtle.encrypt(algorithm(iv, id, cacheKey), key, utf8.encode(text));
      return `${id} ${base64url.encode(new Uint8Array([...iv, ...new Uint8Array(ciphertext)]))}`;
    },
    async decrypt(encrypted, cacheKey) {
      const [, id, text] = /^([\w.-]{1,32}) ([\w-]+)$/.exec(encrypted) ?? [];
      if (id === undefined || text === undefined) return undefined;
      const key = await ring.find(id);
      const bytes = base64url.decode(text);
      if (key === undefined || bytes === undefined) return undefined;
      const [iv, ciphertext] = [bytes.subarray(0, ivLength), bytes.subarray(ivLength)];
      return crypto.subtle
        .decrypt(algorithm(iv, id, cacheKey), key, ciphertext)
        .then(utf8.decode, () => undefined);
    },
  };
}

function algorithm(iv: Uint8Array<ArrayBuffer>, id: string, cacheKey: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: utf8.encode(JSON.stringify([layout, id, cacheKey])) };
}
