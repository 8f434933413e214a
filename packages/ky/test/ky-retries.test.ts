import { isTokenError } from "@client-token/core";
import { describe, expect, test } from "vitest";
import { majors } from "./support/majors.ts";
import { createWorld, unavailable } from "./support/world.ts";

const hour = 3_600_000;

describe.each(majors)("$name: ky's own retries", ({ ky, withClientToken, fallingBackTo }) => {
  const retry = { limit: 2, delay: () => 0, retryOnTimeout: true };

  test("carry a token that is good when they are sent", async () => {
    const { api, manager, server, seen, clock, answerNext } = await createWorld();
    const expire = async (): Promise<Response> => {
      await clock.advance(hour);
      return new Response(null, { status: 503 });
    };
    answerNext(unavailable, expire);

    await ky.get(api, { ...withClientToken("invoices", { manager }), retry });

    const [expired, renewed] = server.issued.map((token) => `Bearer ${token}`);
    expect(seen.map(({ authorization }) => authorization)).toEqual([expired, expired, renewed]);
  });

  test("can wait for a token after a time-out", async () => {
    const { api, manager, server, clock, answerNext } = await createWorld();
    answerNext(async () => {
      await clock.advance(hour);
      return new Promise(() => {});
    });

    const options = { ...withClientToken("invoices", { manager }), retry, timeout: 50 };
    const response = await ky.get(api, options);

    expect(response.status).toBe(200);
    expect(server.requests).toHaveLength(2);
  });

  test("are not sent if no token can be had for them", async () => {
    const { api, manager, server, seen, clock, answerNext } = await createWorld();
    answerNext(async () => {
      await clock.advance(hour);
      server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
      return new Response(null, { status: 503 });
    });

    const call = ky.get(api, { ...withClientToken("invoices", { manager }), retry });

    await expect(call).rejects.toSatisfy(isTokenError);
    expect(seen).toHaveLength(1);
  });

  test("do not take the token along to another origin", async () => {
    const { api, elsewhere, register, seen, answerNext } = await createWorld();
    const guarded = register({ origins: [api] });
    answerNext(unavailable);

    const invoices = fallingBackTo(elsewhere).extend(withClientToken(guarded));
    await invoices.get(api, { throwHttpErrors: false });

    expect(seen.map(({ url, authorization }) => [new URL(url).origin, authorization])).toEqual([
      [api, expect.stringMatching(/^Bearer /)],
      [elsewhere, null],
    ]);
  });
  test("do not take a replaced token to where another hook has sent the request", async () => {
    const { api, elsewhere, register, server, seen, answerNext } = await createWorld();
    const guarded = register({ origins: [api] });
    await guarded.getToken();
    server.revoke();
    answerNext(server.api, unavailable, unavailable);
    const redirecting = ky.extend({
      hooks: {
        // Returning a request ends the list: the adapter's own hook does not run.
        beforeRetry: [({ retryCount }) => (retryCount === 1 ? new Request(elsewhere) : undefined)],
      },
    });

    await redirecting.get(api, { ...withClientToken(guarded), retry }).catch(() => {});

    expect(seen.map(({ url, authorization }) => [new URL(url).origin, authorization])).toEqual([
      [api, `Bearer ${server.issued[0]}`],
      [elsewhere, null],
      [elsewhere, null],
    ]);
  });
});
