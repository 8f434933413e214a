import {
  createTokenManager,
  memoryTokenCache,
  sharedTokenCache,
  systemClock,
  type Clock,
  type SharedTokenCacheOptions,
  type TokenCache,
  type TokenManager,
} from "@client-token/core";

/** What runs in a process of its own; see sharing/process-exit.test.ts. */
let slept = 0;
const clock: Clock = { ...systemClock, now: () => Date.now() + slept };
const never = (): Promise<never> => new Promise<never>(() => {});
const nothing: TokenCache = {
  get: async () => undefined,
  set: async () => {},
  acquireLease: async () => undefined,
};
const hung: TokenCache = { get: never, set: never, acquireLease: never };
const say = (word: string | number): unknown => process.stdout.write(`${word}\n`);
const pause = (milliseconds: number): Promise<unknown> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function open(store: TokenCache, options?: SharedTokenCacheOptions): TokenManager {
  const tokenEndpoint = process.env["TOKEN_ENDPOINT"] ?? "";
  return createTokenManager({
    clock,
    cache: sharedTokenCache(store, options),
    clients: { invoices: { tokenEndpoint, clientId: "invoices-app", clientSecret: "s3cret" } },
  });
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  "a store that hangs": async () => {
    await open(hung).getToken("invoices");
    say("served");
  },
  "a look that hangs": async () => {
    const working = memoryTokenCache();
    let hangs = false;
    const tokens = open(
      { ...working, get: (key) => (hangs ? never() : working.get(key)) },
      { lookInterval: 100 },
    );
    await tokens.getToken("invoices");
    hangs = true;
    await pause(150);
    await tokens.getToken("invoices");
    say("looking");
  },
  "a renewal that waits for the lease": async () => {
    const working = memoryTokenCache();
    const tokens = open(working);
    await tokens.getToken("invoices");
    await pause(20);
    const other = open({ ...working, acquireLease: async () => undefined });
    await other.getToken("invoices");
    slept = 3_530_000;
    await other.getToken("invoices");
    await pause(50);
    say("waiting");
  },
  "a store that is left alone": async () => {
    const tokens = open({ ...hung, set: async () => {} });
    await tokens.getToken("invoices");
    await tokens.getToken("invoices", { scope: "other" });
    say("served");
  },
  "a caller that waits for the lease": async () => {
    const freeAt = Date.now() + 500;
    const acquireLease: TokenCache["acquireLease"] = async () =>
      Date.now() < freeAt ? undefined : { release: async () => {} };
    await open({ ...nothing, acquireLease }).getToken("invoices");
    say("served");
  },
  "a manager that closes": async () => {
    let released = false;
    const release = async (): Promise<void> => {
      await pause(100);
      released = true;
    };
    const tokens = open({ ...nothing, acquireLease: async () => ({ release }) });
    const call = tokens.getToken("invoices");
    await pause(0);
    await tokens.close();
    await call;
    say(released ? "released" : "closed before the lease was given back");
    process.exit();
  },
};

await parts[process.argv[2] ?? ""]?.();
