import { describe, expect, test } from "vitest";
import { atOnce } from "../support/calls.ts";
import { eventually, pause } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

/** Answers that wait until they are let go, oldest first. */
function heldAnswers(): { answer: (token: string) => () => Promise<Response>; letGo: () => void } {
  const waiting: (() => void)[] = [];
  return {
    answer: (token) => async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return Response.json({ access_token: token, expires_in: 3600 });
    },
    letGo: () => waiting.splice(0).forEach((go) => go()),
  };
}

test("a deleted token is not handed out again", async () => {
  const { invoices, server } = await createWorld();
  const first = await invoices.getToken();
  await invoices.deleteToken();
  expect(invoices.peekToken()).toBeUndefined();
  expect(await invoices.getToken()).not.toBe(first);
  expect(server.requests).toHaveLength(2);
});

test("by name as well", async () => {
  const { tokens, server } = await createWorld();
  await tokens.getToken("invoices");
  await tokens.deleteToken("invoices");
  await tokens.getToken("invoices");
  expect(server.requests).toHaveLength(2);
});

test("only the token that the request names is deleted", async () => {
  const { invoices, server } = await createWorld();
  const plain = await invoices.getToken();
  const write = await invoices.getToken({ scope: "write" });
  await invoices.deleteToken({ scope: "write" });
  expect(await invoices.getToken()).toBe(plain);
  expect(await invoices.getToken({ scope: "write" })).not.toBe(write);
  expect(server.requests).toHaveLength(3);
});

test("deleting what is not there is no error, and asks nobody", async () => {
  const { invoices, server } = await createWorld();
  await invoices.deleteToken();
  await invoices.deleteToken();
  expect(server.requests).toHaveLength(0);
});

test("deleting forgets a remembered failure", async () => {
  const { invoices, server } = await createWorld();
  server.answerNext(() => Response.json({ error: "invalid_client" }, { status: 400 }));
  await expect(invoices.getToken()).rejects.toThrow("invalid_client");
  await invoices.deleteToken();
  await expect(invoices.getToken()).resolves.toBeDefined();
});

describe("a token request from before cannot bring the old token back", () => {
  test("whoever waits for it gets a token from after the deletion", async () => {
    const { invoices, server } = await createWorld();
    const { answer, letGo } = heldAnswers();
    server.answerNext(answer("old"));
    const waiting = atOnce(5, () => invoices.getToken());
    await eventually(() => expect(server.requests).toHaveLength(1));
    await invoices.deleteToken();
    await eventually(() => expect(server.requests).toHaveLength(2));
    letGo();

    const results = await waiting;
    expect(new Set(results.map(({ accessToken }) => accessToken))).toEqual(new Set(server.issued));
    await pause();
    expect((await invoices.getToken()).accessToken).toBe(server.issued[0]);
    expect(server.requests).toHaveLength(2);
  });

  test("nor can a renewal in the background", async () => {
    const { invoices, server, clock } = await createWorld();
    const { answer, letGo } = heldAnswers();
    await invoices.getToken();
    await clock.advance(3_500_000);
    server.answerNext(answer("renewed-before"));
    invoices.peekToken();
    await eventually(() => expect(server.requests).toHaveLength(2));
    await invoices.deleteToken();
    letGo();
    await pause();

    expect(invoices.peekToken()).toBeUndefined();
    expect((await invoices.getToken()).accessToken).toBe(server.issued[1]);
  });

  test("nor can a replacement after a rejection", async () => {
    const { invoices, server } = await createWorld();
    const { answer, letGo } = heldAnswers();
    const rejected = await invoices.getToken();
    server.answerNext(answer("replaced-before"));
    const replacing = invoices.rejectToken(rejected);
    await eventually(() => expect(server.requests).toHaveLength(2));
    await invoices.deleteToken();
    await eventually(() => expect(server.requests).toHaveLength(3));
    letGo();
    expect((await replacing).accessToken).toBe(server.issued[1]);
    expect((await invoices.getToken()).accessToken).toBe(server.issued[1]);
  });
});
