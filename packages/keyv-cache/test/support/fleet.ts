import {
  createTokenManager,
  type SharedTokenCache,
  type TokenEvent,
  type TokenManager,
  type TokenRequest,
} from "@client-token/core";
import { createFakeTokenServer, type FakeTokenServer } from "@client-token/core/testing";
import { serve } from "@client-token/core/testing/node";
import { onTestFinished } from "vitest";

/** One process of the fleet, as far as tokens go: a manager with the client `invoices`. */
export interface Member {
  readonly tokens: TokenManager<"invoices">;
  readonly events: readonly TokenEvent[];
  /** Gets a token, and tells how many milliseconds that took. */
  readonly timedToken: (request?: TokenRequest) => Promise<number>;
}

/** Managers that have one authorization server in common. */
export interface Fleet {
  readonly server: FakeTokenServer;
  readonly join: (cache: SharedTokenCache, cacheKey?: () => string) => Member;
}

export async function createFleet(): Promise<Fleet> {
  const server = createFakeTokenServer();
  const sts = await serve(server.token);
  onTestFinished(() => sts.close());
  return {
    server,
    join(cache, cacheKey) {
      const events: TokenEvent[] = [];
      const tokens = createTokenManager({
        clients: {
          invoices: { tokenEndpoint: `${sts.url}/token`, clientId: "invoices-app", clientSecret: "s3cret" },
        },
        cache,
        cacheKey,
        onEvent: (event) => events.push(event),
      });
      onTestFinished(() => tokens.close());
      return {
        tokens,
        events,
        async timedToken(request) {
          const start = performance.now();
          await tokens.getToken("invoices", request);
          return performance.now() - start;
        },
      };
    },
  };
}

/** What went wrong with the shared cache, in the order that a member was told. */
export function cacheFailures({ events }: Member): string[] {
  return events.flatMap((event) =>
    event.type === "cache-failed" ? [`${event.operation}: ${String(event.error)}`] : [],
  );
}
