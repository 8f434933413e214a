import { decodeToken, encodeToken } from "../cache/token-entry.ts";
import { TokenClientError, safeCause } from "../errors.ts";
import type { SharedSubject } from "../options/shared-tokens.ts";
import type { CacheEntry, TokenCache } from "../options/token-cache.ts";
import type { HeldToken } from "../policy/held-token.ts";
import { decodeFailure, encodeFailure, type SharedFailure } from "./failure-entry.ts";
import { noteFailure, standingFailure, type MemoryOf, type StandingFailure } from "./memory.ts";
import type { Store } from "./store.ts";
import { decodeTombstone, encodeTombstone } from "./tombstone-entry.ts";

/** What the shared cache holds for a subject. */
interface Found {
  readonly token: HeldToken | undefined;
  /** The mark of a deletion that this process has not heard of before. */
  readonly deleted: boolean;
  /** The marker of a failed token request that stands now. */
  readonly failure: StandingFailure | undefined;
}

/** How to read. */
interface ReadOptions {
  /** Look for a failure marker as well. */
  readonly withFailure?: boolean;
  /** Nobody waits: while the store is left alone, wait for the probe. */
  readonly inBackground?: boolean;
}

/** The entries of all subjects. All calls end in time and reject if the store fails. */
export interface Records {
  read(subject: SharedSubject, options?: ReadOptions): Promise<Found>;
  /** Unless another deletion than `tombstone` has been heard of since. */
  writeToken(subject: SharedSubject, held: HeldToken, tombstone: string | undefined): Promise<void>;
  writeFailure(subject: SharedSubject, failure: SharedFailure): Promise<void>;
  /** @throws TokenClientError if the deletion could not be stored */
  writeTombstone(subject: SharedSubject, deleted: HeldToken | undefined, life: number): Promise<void>;
}

export function openRecords(cache: TokenCache, store: Store, memoryOf: MemoryOf): Records {
  // In an async function: a store may throw.
  const lookUp = async (key: string, signal: AbortSignal): Promise<CacheEntry | undefined> =>
    cache.get(key, { signal });

  return {
    read: (subject, { withFailure = false, inBackground = false } = {}) =>
      store.call(subject, {
        operation: "get",
        whenOpen: inBackground ? "wait" : undefined,
        async run({ key, digest }, signal) {
          const { client } = subject;
          const { clock } = client;
          const [entry, marker] = await Promise.all([
            lookUp(key, signal),
            withFailure ? lookUp(failureKey(key), signal) : undefined,
          ]);
          // Nobody hears of what comes late, and it shall be news the next time.
          signal.throwIfAborted();
          const memory = memoryOf(subject);
          const decoded = decodeToken(entry, digest, client, subject.proofKey);
          const token = memory.dismissed.includes(decoded?.token.accessToken) ? undefined : decoded;
          if (token !== undefined) memory.stored = token.token.accessToken;
          const tombstone = decodeTombstone(entry, digest);
          const deleted = tombstone !== undefined && tombstone !== memory.tombstone;
          if (deleted) memory.tombstone = tombstone;
          const read = decodeFailure(marker, digest, clock.now());
          if (read !== undefined) noteFailure(memory, read.failure, read.left, clock.monotonic());
          return { token, deleted, failure: standingFailure(memory, clock.monotonic()) };
        },
      }),

    writeToken(subject, held, tombstone) {
      const { accessToken } = held.token;
      const memory = memoryOf(subject);
      memory.written = accessToken;
      return store.call(subject, {
        operation: "set",
        whenOpen: "wait",
        secret: accessToken,
        async run({ key, digest }, signal) {
          // In its turn: a deletion of this process may have been before it.
          if (memory.tombstone !== tombstone) return;
          // Some servers issue the same token again.
          memory.dismissed = memory.dismissed.filter((token) => token !== accessToken);
          await cache.set(key, encodeToken(held, digest), { signal });
          memory.stored = accessToken;
        },
      });
    },

    writeFailure(subject, failure) {
      const { clock } = subject.client;
      noteFailure(memoryOf(subject), failure, failure.period, clock.monotonic());
      return store.call(subject, {
        operation: "set",
        run: async ({ key, digest }, signal) =>
          cache.set(failureKey(key), encodeFailure(failure, digest, clock.now()), { signal }),
      });
    },

    async writeTombstone(subject, deleted, life) {
      const { clock, name } = subject.client;
      const memory = memoryOf(subject);
      memory.tombstone = memory.buried = crypto.randomUUID();
      const tokens = [deleted?.token.accessToken, memory.stored, memory.written];
      memory.dismissed = tokens.filter((token) => token !== undefined);
      // Those that come before it is its turn share it: a store that hangs would have each wait for all before it.
      memory.deletion ??= store
        .call(subject, {
          operation: "set",
          whenOpen: "insist",
          async run({ key, digest }, signal) {
            memory.deletion = undefined;
            const tombstone = encodeTombstone(memory.buried, digest, clock.now() + life);
            await cache.set(key, tombstone, { signal });
          },
        })
        .finally(() => (memory.deletion = undefined));
      await memory.deletion.catch((cause: unknown) => {
        throw new TokenClientError(
          "the token is deleted here, but the shared cache did not take the deletion, so other processes may still use it: delete it again later.",
          { client: name, code: "ERR_TOKEN_CACHE", cause: safeCause(cause) },
        );
      });
    },
  };
}

function failureKey(key: string): string {
  return `${key}:failure`;
}
