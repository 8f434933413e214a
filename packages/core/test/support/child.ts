import {
  createTokenManager,
  isTokenError,
  systemClock,
  withClientToken,
  type ClientOptions,
  type Clock,
} from "@client-token/core";

/** What runs in a process of its own; see process-exit.test.ts. */
const options: ClientOptions = {
  tokenEndpoint: process.env["TOKEN_ENDPOINT"] ?? "",
  clientId: "invoices-app",
  clientSecret: "s3cret",
};
const never = (): Promise<Response> => new Promise<Response>(() => {});
const say = (word: string | number): unknown => process.stdout.write(`${word}\n`);

const parts: Readonly<Record<string, () => Promise<void>>> = {
  "one-call": async () => {
    const manager = createTokenManager({ clients: { invoices: options } });
    const response = await withClientToken("invoices", { manager })(fetch)(process.env["API"] ?? "");
    await response.text();
    say(response.status);
  },
  renewal: async () => {
    let slept = 0;
    const clock: Clock = { ...systemClock, now: () => Date.now() + slept };
    const tokens = createTokenManager({ clock, clients: { invoices: options } });
    await tokens.getToken("invoices");
    slept = 3_500_000;
    await tokens.getToken("invoices");
    await new Promise((resolve) => setTimeout(resolve, 30));
    say("renewing");
  },
  refresh: async () => {
    let slept = 0;
    const clock: Clock = { ...systemClock, monotonic: () => performance.now() + slept };
    const answers = [async () => options, () => new Promise<ClientOptions>(() => {})];
    const tokens = createTokenManager({
      clock,
      clientLifetime: 60,
      resolveClient: async () => answers.shift()?.(),
    });
    await tokens.getToken("invoices");
    slept = 60_000;
    await tokens.getToken("invoices");
    say(answers.length === 0 ? "asked again" : "not asked again");
  },
  "time-out": async () => {
    const tokens = createTokenManager({
      clients: { invoices: { ...options, timeout: 200, httpClient: never } },
    });
    const error: unknown = await tokens.getToken("invoices").catch((caught: unknown) => caught);
    say(isTokenError(error) ? error.code : String(error));
  },
  close: async () => {
    let slept = 0;
    let calls = 0;
    const clock: Clock = { ...systemClock, now: () => Date.now() + slept };
    const httpClient = (): Promise<Response> =>
      ++calls === 1 ? Promise.resolve(Response.json({ access_token: "t", expires_in: 3600 })) : never();
    const tokens = createTokenManager({
      clock,
      clients: { invoices: { ...options, timeout: 200, httpClient } },
    });
    await tokens.getToken("invoices");
    slept = 3_500_000;
    await tokens.getToken("invoices");
    await tokens.close();
    say(calls === 2 ? "closed" : "there was no renewal");
  },
};

await parts[process.argv[2] ?? ""]?.();
