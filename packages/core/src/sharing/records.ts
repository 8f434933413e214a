import { decodeToken, encodeToken } from "../cache/token-entry.ts";
import { TokenClientError, safeCause } from "../errors.ts";
import type { SharedSubject } from "../options/shared-tokens.ts";
import type { TokenCache } from "../options/token-cache.ts";
import type { HeldToken } from "../policy/held-token.ts";
import { decodeFailure, encodeFailure, type SharedFailure } from "./failure-entry.ts";
import { openStore } from "./store.ts";
import { decodeTombstone, encodeTombstone } from "./tombstone-entry.ts";

/** Failures further apart than this, in milliseconds, do not make a row. */
const longestGap = 30_000;

/** A failure marker, and until when it stands by this process's monotonic clock. */
export interface StandingFailure {
  readonly failure: SharedFailure;
  readonly until: number;
}

/** What the shared cache holds for a subject. */
export interface Found {
  readonly token: HeldToken | undefined;
  /** The mark of a deletion that this process has not heard of before. */
  readonly deleted: boolean;
  /** The marker of a failed token request that stands now. */
  readonly failure: StandingFailure | undefined;
}

/** What this process remembers of a subject's entries. */
interface Memory {
  tombstone: string | undefined;
  failure: StandingFailure | undefined;
  /** The access token that was last seen there. */
  stored: string | undefined;
  /** A lease stood longer than it may, and has not been free since. */
  stuck: boolean;
}

/** Gives a lease back. Never rejects: it ends by itself. */
export type Release = () => Promise<void>;

/** The entries of all subjects. All calls end in time and reject if the store fails. */
export interface Records {
  /** @param withFailure - whether to look for a failure marker as well */
  read(subject: SharedSubject, withFailure?: boolean): Promise<Found>;
  writeToken(subject: SharedSubject, token: HeldToken): Promise<void>;
  writeFailure(subject: SharedSubject, failure: SharedFailure): Promise<void>;
  /** @throws TokenClientError if the deletion could not be stored */
  writeTombstone(subject: SharedSubject, life: number): Promise<void>;
  /** The last failure of the row that a failure now would continue. */
  lastFailure(subject: SharedSubject): SharedFailure | undefined;
  /** Whether this process has seen the token in the shared cache. */
  wasStored(subject: SharedSubject, token: HeldToken): boolean;
  /** Takes the lease of the subject's key; `taken`: somebody else has it, `stuck`: and for too long. */
  acquireLease:
    | ((subject: SharedSubject, duration: number) => Promise<Release | "taken" | "stuck">)
    | undefined;
  /** The lease has stood longer than it may. */
  giveUpOnLease(subject: SharedSubject): void;
}

export function openRecords(cache: TokenCache, deadline: number): Records {
  const store = openStore(cache, deadline);
  const memories = new WeakMap<SharedSubject, Memory>();
  const memoryOf = (subject: SharedSubject): Memory => {
    const memory = memories.get(subject) ?? {
      tombstone: undefined,
      failure: undefined,
      stored: undefined,
      stuck: false,
    };
    memories.set(subject, memory);
    return memory;
  };

  return {
    read: (subject, withFailure = false) =>
      store.call(subject, {
        operation: "get",
        async run({ key, digest }, signal) {
          const { client } = subject;
          const { clock } = client;
          const [entry, marker] = await Promise.all([
            cache.get(key, { signal }),
            withFailure ? cache.get(failureKey(key), { signal }) : undefined,
          ]);
          const memory = memoryOf(subject);
          const token = decodeToken(entry, digest, client);
          if (token !== undefined) memory.stored = token.token.accessToken;
          const tombstone = decodeTombstone(entry, digest);
          const deleted = tombstone !== undefined && tombstone !== memory.tombstone;
          if (deleted) memory.tombstone = tombstone;
          const read = decodeFailure(marker, digest, clock.now());
          // Whatever a marker says each time, its period begins once.
          if (read !== undefined && read.failure.id !== memory.failure?.failure.id) {
            memory.failure = { failure: read.failure, until: clock.monotonic() + read.left };
          }
          const { failure } = memory;
          const stands = failure !== undefined && clock.monotonic() < failure.until;
          return { token, deleted, failure: stands ? failure : undefined };
        },
      }),

    writeToken: (subject, token) =>
      store.call(subject, {
        operation: "set",
        async run({ key, digest }, signal) {
          await cache.set(key, encodeToken(token, digest), { signal });
          memoryOf(subject).stored = token.token.accessToken;
        },
      }),

    writeFailure(subject, failure) {
      const { clock } = subject.client;
      memoryOf(subject).failure = { failure, until: clock.monotonic() + failure.period };
      return store.call(subject, {
        operation: "set",
        run: ({ key, digest }, signal) =>
          cache.set(failureKey(key), encodeFailure(failure, digest, clock.now()), { signal }),
      });
    },

    async writeTombstone(subject, life) {
      const { clock, name } = subject.client;
      const id = crypto.randomUUID();
      memoryOf(subject).tombstone = id;
      const deletion = store.call(subject, {
        operation: "set",
        run: ({ key, digest }, signal) =>
          cache.set(key, encodeTombstone(id, digest, clock.now() + life), { signal }),
        insist: true,
      });
      await deletion.catch((cause: unknown) => {
        throw new TokenClientError(
          "the token is deleted here, but the shared cache did not take the deletion, so other processes may still use it: delete it again later.",
          { client: name, code: "ERR_TOKEN_CACHE", cause: safeCause(cause) },
        );
      });
    },

    lastFailure(subject) {
      const { failure } = memoryOf(subject);
      const now = subject.client.clock.monotonic();
      return failure !== undefined && now < failure.until + longestGap ? failure.failure : undefined;
    },

    wasStored: (subject, token) => memoryOf(subject).stored === token.token.accessToken,

    acquireLease:
      cache.acquireLease &&
      (async (subject, duration) => {
        const lease = await store.call(subject, {
          operation: "lease",
          run: async ({ key }, signal) => cache.acquireLease?.(key, duration, { signal }),
          // A lease that comes late would keep everybody out until it ends.
          tooLate: (late) => void late?.release().catch(() => {}),
        });
        const memory = memoryOf(subject);
        if (lease === undefined) return memory.stuck ? "stuck" : "taken";
        memory.stuck = false;
        const giveBack = { operation: "lease", run: () => lease.release(), insist: true } as const;
        return () => store.call(subject, giveBack).catch(() => {});
      }),

    giveUpOnLease(subject) {
      memoryOf(subject).stuck = true;
      subject.emit({
        type: "cache-failed",
        client: subject.client.name,
        operation: "lease",
        error: new Error("A lease stands longer than any process may hold it."),
      });
    },
  };
}

function failureKey(key: string): string {
  return `${key}:failure`;
}
