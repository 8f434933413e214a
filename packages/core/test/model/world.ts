import {
  createTokenManager,
  isTokenError,
  withClientToken,
  type AccessToken,
  type ClientOptions,
  type TokenManager,
  type TokenRequest,
} from "@client-token/core";
import { createAuthorizationServer, type AuthorizationServer } from "./authorization-server.ts";
import { createLedger, grace, timeLeft, timeout, usable, type KeyState, type Ledger } from "./ledger.ts";
import { createModelClock } from "./model-clock.ts";

export const clients = ["fixed", "rotating"] as const;
export const scopes = [undefined, "write"] as const;

/** Whose token is wanted. */
interface Subject {
  readonly client: (typeof clients)[number];
  readonly scope: (typeof scopes)[number];
}

/** The library on its own clock, a token endpoint, an API, and the ledger that watches them. */
export interface World {
  readonly ledger: Ledger;
  readonly server: AuthorizationServer;
  readonly tokens: TokenManager;
  /** Calls that may still be aborted. */
  readonly open: Map<AbortController, KeyState>;
  /** The tokens that each key's callers were given. */
  readonly given: Map<KeyState, AccessToken[]>;
  readonly keyOf: (subject: Subject) => KeyState;
  readonly request: (subject: Subject) => TokenRequest;
  readonly getToken: (subject: Subject, forced: boolean) => void;
  readonly peekToken: (subject: Subject) => void;
  readonly rejectToken: (subject: Subject, back: number) => void;
  readonly callApi: (subject: Subject) => void;
  readonly deleteToken: (subject: Subject) => void;
  readonly register: (client: Subject["client"]) => void;
  /** The secret function's next answers. */
  secret: "given" | "failing" | "hanging";
  rotate: () => void;
}

export function createWorld(): World {
  const ledger = createLedger(createModelClock());
  const { clock, must } = ledger;
  const server = createAuthorizationServer(ledger, (subject) => world.keyOf(subject as Subject));
  const generations = new Map<string, number>();
  let secrets = 1;

  const options = (client: string): ClientOptions => ({
    tokenEndpoint: "https://sts.test/token",
    clientId: `${client}-${generations.get(client) ?? 0}`,
    clientSecret: client === "fixed" ? "s3cret" : readSecret,
    clientCredentialStyle: "post-body",
    origins: ["https://api.test"],
  });
  const readSecret = (): string | Promise<string> => {
    if (world.secret === "given") return `s3cret-${secrets}`;
    if (world.secret === "failing") throw new Error("no vault");
    return new Promise<string>(() => {});
  };
  const tokens = createTokenManager<string>({
    clients: { fixed: options("fixed"), rotating: options("rotating") },
    clock,
    timeout,
    httpClient: server.httpClient,
    onEvent: server.onEvent,
  });

  /** Watches one call from its beginning to its end. */
  const watch = <T>(
    subject: Subject,
    kind: { readonly forced?: boolean; readonly phases?: number },
    call: (request: TokenRequest) => Promise<T>,
    check: (result: T, key: KeyState, epoch: number, began: number) => void,
  ): void => {
    const key = world.keyOf(subject);
    const { forced = false, phases = 1 } = kind;
    const { epoch } = key;
    const began = ledger.tick();
    const startedAt = clock.monotonic();
    const controller = new AbortController();
    world.open.set(controller, key);
    key.callers.open++;
    if (forced) key.callers.forcing++;
    key.callers.usedAt = startedAt;
    const settle = (): void => {
      world.open.delete(controller);
      key.callers.open--;
      if (forced) key.callers.forcing--;
      const waited = clock.monotonic() - Math.max(startedAt, key.callers.resetAt);
      must(waited <= phases * (timeout + grace), "every call ends within its time-out", key.name);
    };
    call({ ...world.request(subject), forceRenewal: forced, signal: controller.signal }).then(
      (result) => {
        settle();
        return check(result, key, epoch, began);
      },
      (error: unknown) => {
        settle();
        if (controller.signal.aborted && error === controller.signal.reason) return;
        must(isTokenError(error), "a call fails with a typed error", String(error));
        const isCurrent = world.keyOf(subject) === key;
        const good = isCurrent && key.held?.ended === false && timeLeft(ledger, key) > 0;
        must(
          forced || !good,
          "a call never fails while a good token exists",
          `${key.name}: ${String(error)}`,
        );
      },
    );
  };
  const remember = (token: AccessToken, subject: Subject): void => {
    const key = world.keyOf(subject);
    world.given.set(key, [...(world.given.get(key) ?? []), token].slice(-3));
  };

  const world: World = {
    ledger,
    server,
    tokens,
    open: new Map(),
    given: new Map(),
    secret: "given",
    rotate() {
      secrets++;
    },
    keyOf: ({ client, scope }) => ledger.key(`${client}-${generations.get(client) ?? 0} ${scope ?? ""}`),
    request: (subject) => ({ scope: subject.scope, context: subject }),

    getToken(subject, forced) {
      const key = world.keyOf(subject);
      const { held, rejections, epoch: before } = key;
      const startedAt = clock.monotonic();
      const left = timeLeft(ledger, key);
      const late =
        held !== undefined && !held.rejected && left > 0 && clock.since(held.sentAt) >= usable(held);
      watch(
        subject,
        { forced },
        (request) => tokens.getToken(subject.client, request),
        (token, _key, epoch, began) => {
          const one = ledger.handOut(token.accessToken, key, epoch);
          remember(token, subject);
          if (forced && one !== undefined) {
            must(
              (one.landed ?? Infinity) > began,
              "a forced call gets a token that was in the air or is newer",
              key.name,
            );
          }
          if (late && !forced && key.epoch === before && key.rejections === rejections) {
            const waited = clock.monotonic() - startedAt;
            must(
              waited <= Math.min(2000, left / 2) + 1e-6,
              "with an old token nobody waits for long",
              key.name,
            );
          }
        },
      );
    },

    peekToken(subject) {
      const key = world.keyOf(subject);
      key.callers.usedAt = clock.monotonic();
      const token = tokens.client(subject.client).peekToken(world.request(subject));
      if (token !== undefined) {
        ledger.handOut(token.accessToken, key, key.epoch);
        remember(token, subject);
      }
      const { held } = key;
      if (held === undefined || held.rejected || clock.since(held.sentAt) >= usable(held)) return;
      must(token?.accessToken === held.token, "nobody waits while the token is usable", key.name);
    },

    rejectToken(subject, back) {
      const key = world.keyOf(subject);
      const rejected = world.given.get(key)?.at(-1 - back);
      if (rejected === undefined) return;
      const known = ledger.issued.get(rejected.accessToken);
      const first = key.rejections === 0;
      key.rejections++;
      if (known !== undefined) known.rejected = true;
      watch(
        subject,
        {},
        (request) => tokens.client(subject.client).rejectToken(rejected, request),
        (token, _key, epoch) => {
          ledger.handOut(token.accessToken, key, epoch);
          remember(token, subject);
          const same = token.accessToken === rejected.accessToken;
          // A deletion that comes between the answer and here makes the book forget what trouble there was.
          const isExcused = key.troubled || key.epoch !== epoch;
          must(!same || !first || isExcused, "the first rejection is answered with a new token", key.name);
        },
      );
    },

    callApi(subject) {
      const key = world.keyOf(subject);
      watch(
        subject,
        { phases: 2 },
        ({ signal }) => {
          const { epoch } = key;
          const api = withClientToken(subject.client, {
            manager: tokens,
            select: () => world.request(subject),
          })(async (_input, init) => {
            const accessToken =
              new Headers(init?.headers).get("authorization")?.slice("Bearer ".length) ?? "";
            const one = ledger.handOut(accessToken, key, epoch);
            if (one?.revoked !== true) return new Response("ok");
            one.rejected = true;
            one.key.rejections++;
            return new Response("refused", { status: 401 });
          });
          return api("https://api.test/", { signal: signal ?? null });
        },
        ({ status }) => must(status === 200 || status === 401, "the API's own answer surfaces"),
      );
    },

    deleteToken(subject) {
      const key = world.keyOf(subject);
      ledger.tick();
      tokens.deleteToken(subject.client, { scope: subject.scope }).catch((error: unknown) => {
        must(false, "a deletion does not fail", String(error));
      });
      ledger.reset(key);
    },

    register(client) {
      for (const scope of scopes) ledger.reset(world.keyOf({ client, scope }));
      generations.set(client, (generations.get(client) ?? 0) + 1);
      tokens.register(client, options(client));
    },
  };
  return world;
}
