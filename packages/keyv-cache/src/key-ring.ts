import { utf8 } from "./bytes.ts";
import { checkKeys, type AtLeastOne, type CheckedKey, type EncryptionKeys } from "./encryption-keys.ts";
import { nameOf } from "./error-name.ts";
import { inTime } from "./in-time.ts";

/** The version of everything that encryption does. */
export const layout = "client-token/1";

/** Milliseconds after which a key provider is asked again. */
const keptFor = 300_000;
/** The least time between two questions about unknown keys; one that takes longer is given up. */
const pause = 10_000;
/** The same while there are no keys at all. */
const shortPause = 1_000;
/** Milliseconds that the reader of an entry waits for a key that was not among the last ones: then it is a miss. */
const patience = 100;

/** A key that is ready for use, and that nobody can read out. */
interface RingKey {
  readonly id: string;
  readonly key: CryptoKey;
}

/** The keys of a fleet, as they are now. */
export interface KeyRing {
  /** The key to encrypt with. Rejects if there are no keys. */
  first(): Promise<RingKey>;
  /** The key of that id, if there is one. Rejects if there are no keys. */
  find(id: string): Promise<CryptoKey | undefined>;
}

type Ring = AtLeastOne<RingKey>;
type KeyProvider = Exclude<EncryptionKeys, readonly unknown[]>;

/** @throws ConfigurationError that names the key and the fix */
export function keyRing(keys: EncryptionKeys): KeyRing {
  return typeof keys === "function" ? providedRing(keys) : fixedRing(checkKeys(keys));
}

function fixedRing(keys: AtLeastOne<CheckedKey>): KeyRing {
  let deriving: Promise<Ring> | undefined;
  const ring = (): Promise<Ring> => (deriving ??= derive(keys));
  return {
    first: async () => (await ring())[0],
    find: async (id) => keyOf(await ring(), id),
  };
}

/** A question to the key provider. */
interface Question {
  readonly askedAt: number;
  readonly answer: Promise<Ring>;
  open: boolean;
}

/** Keys that came once go on being used while the provider is slow, or fails. */
function providedRing(provide: KeyProvider): KeyRing {
  let ring: Ring | undefined;
  let last: Question | undefined;
  /** At most one question at a time, and none before the last is `interval` milliseconds old. */
  const ask = (interval: number): Promise<Ring> => {
    const now = performance.now();
    if (last !== undefined && now - last.askedAt < (last.open ? pause : interval)) return last.answer;
    const question: Question = { askedAt: now, answer: read(provide), open: true };
    last = question;
    const close = (answer?: Ring): void => {
      question.open = false;
      if (last === question) ring = answer ?? ring;
    };
    // Also where nobody waits for the answer.
    question.answer.then(close, () => close());
    return question.answer;
  };
  const current = async (): Promise<Ring> => {
    if (ring === undefined) return ask(shortPause);
    void ask(keptFor);
    return ring;
  };
  return {
    first: async () => (await current())[0],
    async find(id) {
      const held = await current();
      return keyOf(held, id) ?? keyOf(await inTime(ask(pause), patience, () => held).catch(() => held), id);
    },
  };
}

async function read(provide: KeyProvider): Promise<Ring> {
  const keys = await Promise.resolve()
    .then(provide)
    .catch((error: unknown) => {
      // Its message may quote a secret, as those of JSON.parse do.
      throw new Error(`The function that gives the keys of aesGcm failed: ${nameOf(error)}`);
    });
  return derive(checkKeys(keys));
}

function derive([first, ...others]: AtLeastOne<CheckedKey>): Promise<Ring> {
  return Promise.all([deriveKey(first), ...others.map(deriveKey)]);
}

/** HKDF (RFC 5869), so that the same secret under another id, or in another use, is another key. */
async function deriveKey({ id, secret }: CheckedKey): Promise<RingKey> {
  const { subtle } = crypto;
  const kdf = {
    name: "HKDF",
    hash: "SHA-256",
    salt: utf8.encode(layout),
    info: utf8.encode(`AES-256-GCM ${id}`),
  };
  const from = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const key = await subtle.deriveKey(kdf, from, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  return { id, key };
}

function keyOf(ring: Ring, wanted: string): CryptoKey | undefined {
  return ring.find(({ id }) => id === wanted)?.key;
}
