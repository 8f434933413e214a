import { describe, expect, test } from "vitest";
import { inARow } from "../support/calls.ts";
import { letTimePass } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

describe("expires_in says when a token ends", () => {
  test("300 is 300 s after the request was sent", async () => {
    const { invoices, clock } = await createWorld({ response: { expires_in: 300 } });
    expect((await invoices.getToken()).expiresAt).toBe(clock.now() + 300_000);
  });

  test.each<[expiresIn: unknown, seconds: number]>([
    [undefined, 300],
    [null, 300],
    ["3600", 3600],
    [1e12, 31_536_000],
    [3599.5, 3599.5],
    ["soon", 300],
  ])("%j counts as %d s, with one token request for ten calls", async (expiresIn, seconds) => {
    const { invoices, clock, server } = await createWorld({ response: { expires_in: expiresIn } });
    const results = await inARow(10, () => invoices.getToken());

    expect(new Set(results.map(({ expiresAt }) => expiresAt))).toEqual(
      new Set([clock.now() + seconds * 1000]),
    );
    expect(server.requests).toHaveLength(1);
  });

  test.each([0, -1, "0", -0.5])("%j is a token that has ended already: a typed error", async (expiresIn) => {
    const { invoices, server } = await createWorld({ response: { expires_in: expiresIn } });
    for (let call = 0; call < 10; call++) {
      await expect(invoices.getToken()).rejects.toMatchObject({ code: "ERR_TOKEN_RESPONSE_EXPIRED" });
    }
    expect(server.requests.length).toBeLessThanOrEqual(10);
  });

  test("counts from before the request was sent, not from when the answer came", async () => {
    const { invoices, clock, server } = await createWorld({ response: { expires_in: 300 } });
    const sentAt = clock.now();
    server.answerNext(async () => {
      await clock.advance(5000);
      return Response.json({ access_token: "slow", expires_in: 300 });
    });
    expect((await invoices.getToken()).expiresAt).toBe(sentAt + 300_000);
  });
});

describe("where servers differ and nothing is at stake, any answer with a token will do", () => {
  const answers: readonly [what: string, answer: () => Response, expected: object][] = [
    ["no token type", () => Response.json({ access_token: "t" }), { authorization: "Bearer t" }],
    [
      "beareR",
      () => Response.json({ access_token: "t", token_type: "beareR" }),
      { authorization: "Bearer t" },
    ],
    ["201", () => Response.json({ access_token: "t" }, { status: 201 }), { accessToken: "t" }],
    [
      "no content type",
      () => new Response(new TextEncoder().encode('{"access_token":"t"}')),
      { accessToken: "t" },
    ],
    [
      "text/html",
      () => new Response('{"access_token":"t"}', { headers: { "content-type": "text/html" } }),
      { accessToken: "t" },
    ],
    ["a byte order mark", () => new Response('\u{feff}{"access_token":"t"}'), { accessToken: "t" }],
    ["a list of scopes", () => Response.json({ access_token: "t", scope: ["a", "b"] }), { scope: "a b" }],
    [
      "null for what is not there",
      () => Response.json({ access_token: "t", scope: null, refresh_token: null }),
      { scope: undefined },
    ],
    [
      "an id_token nobody asked for",
      () => Response.json({ access_token: "t", id_token: "x.y.z" }),
      { accessToken: "t" },
    ],
    ["a refresh token", () => Response.json({ access_token: "t", refresh_token: "r" }), { accessToken: "t" }],
    ["scope: 1", () => Response.json({ access_token: "t", scope: 1 }), { scope: undefined }],
    [
      "nested extras",
      () => Response.json({ access_token: "t", authorization_details: [{ type: "x" }] }),
      { accessToken: "t" },
    ],
    [
      "a 64 kB token",
      () => Response.json({ access_token: "t".repeat(65_536) }),
      { accessToken: "t".repeat(65_536) },
    ],
  ];

  test.each(answers)("%s", async (_, answer, expected) => {
    const { invoices, server } = await createWorld();
    server.answerNext(answer);
    expect(await invoices.getToken()).toMatchObject(expected);
    expect(server.requests).toHaveLength(1);
  });

  test("a body that comes in small pieces", async () => {
    const { invoices, server } = await createWorld();
    const bytes = new TextEncoder().encode('{"access_token":"t","scope":"€"}');
    const pieces = new Blob([...bytes].map((byte) => Uint8Array.of(byte))).stream();
    server.answerNext(() => new Response(pieces));
    expect(await invoices.getToken()).toMatchObject({ accessToken: "t", scope: "€" });
  });
});

test("a server's refresh_in brings renewal forward", async () => {
  const { invoices, server, clock } = await createWorld({ response: { refresh_in: 600 } });
  const first = await invoices.getToken();
  await clock.advance(599_000);
  expect(invoices.peekToken()).toBe(first);
  expect(server.requests).toHaveLength(1);
  await clock.advance(1000 + 354_000);
  invoices.peekToken();
  await letTimePass(clock, invoices.getToken({ forceRenewal: true }));
  expect(server.requests).toHaveLength(2);
});
