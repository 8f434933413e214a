import { expect, test } from "vitest";
import { atOnce, failureOf, inARow } from "../support/calls.ts";
import { eventually } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

test("forceRenewal asks the token endpoint though a token is at hand, and its token replaces that one", async () => {
  const { invoices, server } = await createWorld();
  const first = await invoices.getToken();
  const forced = await invoices.getToken({ forceRenewal: true });
  expect(forced).not.toBe(first);
  expect(await invoices.getToken()).toBe(forced);
  expect(server.requests).toHaveLength(2);
});

test("each forced call in a row asks anew", async () => {
  const { invoices, server } = await createWorld();
  await inARow(4, () => invoices.getToken({ forceRenewal: true }));
  expect(server.requests).toHaveLength(4);
});

test("forced calls at once share one token request", async () => {
  const { invoices, server } = await createWorld();
  await invoices.getToken();
  const tokens = await atOnce(20, () => invoices.getToken({ forceRenewal: true }));
  expect(new Set(tokens).size).toBe(1);
  expect(server.requests).toHaveLength(2);
});

test("a token request that is already in the air will do for a forced call", async () => {
  const { invoices, server } = await createWorld();
  const [cold, forced] = await Promise.all([invoices.getToken(), invoices.getToken({ forceRenewal: true })]);
  expect(forced).toBe(cold);
  expect(server.requests).toHaveLength(1);
});

test("normal calls do not wait for a forced one while their token is usable", async () => {
  const { invoices, server } = await createWorld();
  const first = await invoices.getToken();
  let letGo = (): void => {};
  server.answerNext(
    () =>
      new Promise<Response>((resolve) => {
        letGo = () => resolve(Response.json({ access_token: "forced" }));
      }),
  );
  const forced = invoices.getToken({ forceRenewal: true });
  await eventually(() => expect(server.requests).toHaveLength(2));
  expect(await invoices.getToken()).toBe(first);
  expect(invoices.peekToken()).toBe(first);
  letGo();
  expect((await forced).accessToken).toBe("forced");
});

test("a forced call that fails is an error, and the old token goes on serving the others", async () => {
  const { invoices, server } = await createWorld();
  const first = await invoices.getToken();
  server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
  expect(await failureOf(invoices.getToken({ forceRenewal: true }))).toMatchObject({
    code: "ERR_TOKEN_REFUSED",
  });
  expect(await invoices.getToken()).toBe(first);
});

test("a remembered failure is reported to forced calls as it is", async () => {
  const { invoices, server } = await createWorld();
  server.answerAlways(() => Response.json({ error: "invalid_client" }, { status: 400 }));
  const error = await failureOf(invoices.getToken());
  expect(await failureOf(invoices.getToken({ forceRenewal: true }))).toBe(error);
  expect(server.requests).toHaveLength(1);
});

test("peekToken has nothing to offer to a forced call", async () => {
  const { invoices } = await createWorld();
  await invoices.getToken();
  expect(invoices.peekToken({ forceRenewal: true })).toBeUndefined();
});
