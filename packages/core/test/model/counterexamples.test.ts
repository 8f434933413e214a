import { createFakeClock, createFakeTokenServer, type Answer } from "@client-token/core/testing";
import { createTokenManager, type Fetch, type TokenManager } from "@client-token/core";
import { expect, onTestFinished, test, vi } from "vitest";

/** A manager over a token endpoint that takes `delay` milliseconds by the fake clock for each answer. */
function createWorld(): {
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly server: ReturnType<typeof createFakeTokenServer>;
  readonly tokens: TokenManager;
} {
  const clock = createFakeClock();
  const server = createFakeTokenServer();
  const httpClient: Fetch = (input, init) => server.token(new Request(input, init));
  const tokens = createTokenManager<string>({
    clients: { invoices: { tokenEndpoint: "https://sts.test/token", clientId: "invoices" } },
    clock,
    httpClient,
  });
  return { clock, server, tokens };
}

test("a token that took longer to come than it lives is not handed out", async () => {
  const { clock, server, tokens } = createWorld();
  const late: Answer = async () => {
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 3000));
    return Response.json({ access_token: "late", token_type: "Bearer", expires_in: 2 });
  };
  server.answerNext(late);
  const expired = tokens.getToken("invoices").then(
    (token) => token.expiresAt <= clock.now(),
    () => false,
  );
  await clock.advance(3000);
  expect(await expired).toBe(false);
});

test("a call does not fail when the wall clock was put right meanwhile and its token serves again", async () => {
  const { clock, server, tokens } = createWorld();
  const token = await tokens.getToken("invoices");
  clock.jump(3_600_000);
  server.answerAlways(() => new Response(null, { status: 503 }));
  const call = tokens.getToken("invoices").catch((error: unknown) => error);
  await clock.advance(0);
  clock.jump(-3_600_000);
  await clock.advance(5000);
  expect(await call).toBe(token);
});

test("Retry-After: 0 does not take away the pause after a failed renewal", async () => {
  const { clock, server, tokens } = createWorld();
  const token = await tokens.getToken("invoices");
  await clock.advance(3_580_000);
  // All pauses are as short as they can be: none between two tries, half a second after a failed renewal.
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
  server.answerAlways(() => new Response(null, { status: 503, headers: { "retry-after": "0" } }));
  for (let calls = 0; calls < 3; calls++) {
    const call = tokens.getToken("invoices");
    await clock.advance(200);
    expect(await Promise.race([call, Promise.resolve("still waiting")])).toBe(token);
  }
  expect(server.requests.length - 1).toBeLessThanOrEqual(3);
});
