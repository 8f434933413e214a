import {
  createTokenManager,
  type ClientOptions,
  type TokenClient,
  type TokenEvent,
  type TokenManager,
} from "@client-token/core";
import { onTestFinished } from "vitest";
import { startServers, type ApiAnswer, type Servers } from "./servers.ts";

/** An authorization server, the API behind it, and a manager with the clients `invoices` and `payments`. */
export interface AdapterWorld<Seen> extends Pick<Servers<Seen>, "api" | "clock" | "seen" | "server"> {
  /** The same API under another origin. */
  readonly elsewhere: string;
  readonly manager: TokenManager<"invoices" | "payments">;
  readonly events: readonly TokenEvent[];
  /** Queues answers of the API, each for one request. */
  readonly answerNext: (...answers: readonly ApiAnswer[]) => void;
  /** One more client of the same authorization server. */
  readonly register: (options: Partial<ClientOptions>) => TokenClient;
}

export async function createAdapterWorld<Seen>(
  look: (request: Request) => Promise<Seen>,
): Promise<AdapterWorld<Seen>> {
  const { server, clock, tokenEndpoint, api, seen, answerApiNext } = await startServers(look);
  const events: TokenEvent[] = [];
  const client = (clientId: string): ClientOptions => ({ tokenEndpoint, clientId, clientSecret: "s3cret" });
  const manager = createTokenManager({
    clients: { invoices: client("invoices"), payments: client("payments") },
    clock,
    onEvent: (event) => events.push(event),
  });
  onTestFinished(async () => {
    const closed = manager.close();
    // What waits for an answer that does not come, waits by the fake clock.
    await clock.advance(60_000);
    await closed;
  });
  return {
    api,
    elsewhere: api.replace("127.0.0.1", "localhost"),
    manager,
    clock,
    server,
    events,
    seen,
    answerNext: answerApiNext,
    register: (options) => manager.register("another", { ...client("another"), ...options }),
  };
}

export const ok: ApiAnswer = () => new Response("ok");
export const unauthorized: ApiAnswer = () => new Response("refused", { status: 401 });
export const unavailable: ApiAnswer = () => new Response("later", { status: 503 });
