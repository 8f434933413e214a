import { dpop } from "@client-token/core/dpop";
import { describe, expect, test } from "vitest";
import { createDpopWorld } from "../support/dpop-world.ts";
import { everythingShownBy } from "../support/leaks.ts";

const refuse =
  (error: string, headers: Record<string, string> = {}) =>
  (): Response =>
    Response.json({ error }, { status: 400, headers });

describe("a token request carries a proof", () => {
  test("and its token says that it is one for DPoP", async () => {
    const { sts, issued, manager } = await createDpopWorld();
    const token = await manager.getToken("invoices");

    expect(sts.refusals).toEqual([]);
    expect(token.tokenType).toBe("DPoP");
    expect(token.authorization).toBe(`DPoP ${[...issued.keys()][0]}`);
    expect(String(token)).toBe("[DPoP token of invoices-app]");
  });

  test("with the nonce that the server asks for, and the one of each answer after that", async () => {
    const { sts, manager } = await createDpopWorld();
    sts.askForNonces("rotating");
    for (let number = 0; number < 5; number++) await manager.getToken("invoices", { forceRenewal: true });
    expect(sts.refusals).toEqual(["use_dpop_nonce: another nonce"]);
    expect(sts.seen).toHaveLength(6);
  });

  test("also where the server asks with a 401", async () => {
    const { sts, manager } = await createDpopWorld();
    sts.answerNext(() =>
      Response.json({ error: "use_dpop_nonce" }, { status: 401, headers: { "dpop-nonce": "n-1" } }),
    );
    await manager.getToken("invoices");
    expect(sts.proofs).toMatchObject([{ nonce: "n-1" }]);
  });

  test("by the server's clock, once that is known", async () => {
    const { sts, setServerClocks, manager } = await createDpopWorld();
    setServerClocks(-3_600_000);
    await manager.getToken("invoices");
    await manager.getToken("invoices", { forceRenewal: true });
    expect(sts.refusals).toEqual(["invalid_dpop_proof: not of this time"]);
    expect(sts.seen).toHaveLength(3);
  });

  test("and a refusal that brings nonce and time repairs both at once", async () => {
    const { sts, setServerClocks, manager } = await createDpopWorld();
    setServerClocks(60_000);
    sts.askForNonces("fixed");
    await manager.getToken("invoices");
    expect(sts.refusals).toEqual(["invalid_dpop_proof: not of this time"]);
  });

  test("and a server that refuses each proof gets no third request", async () => {
    const { sts, manager } = await createDpopWorld();
    const nonces = ["1", "2", "3"].map((nonce) => refuse("use_dpop_nonce", { "dpop-nonce": nonce }));
    sts.answerNext(...nonces);
    await expect(manager.getToken("invoices")).rejects.toMatchObject({
      code: "ERR_TOKEN_REFUSED",
      error: "use_dpop_nonce",
    });
    expect(sts.seen).toHaveLength(2);
  });

  test("and a refusal for good says what to look at", async () => {
    const { sts, manager } = await createDpopWorld();
    sts.answerNext(refuse("invalid_dpop_proof"));
    await expect(manager.getToken("invoices")).rejects.toThrow(/check the clock, and which algorithms/);
    expect(sts.seen).toHaveLength(1);
  });
});

describe("a token of the wrong kind is not used", () => {
  test.each([{ token_type: "Bearer" }, { token_type: "N_A" }, {}])("with dpop: %j", async (type) => {
    const { sts, manager } = await createDpopWorld();
    sts.answerNext(() => Response.json({ access_token: "abc", expires_in: 60, ...type }));
    const call = manager.getToken("invoices");
    await expect(call).rejects.toMatchObject({ code: "ERR_TOKEN_RESPONSE_TYPE" });
    await expect(call).rejects.toThrow(/allow this client DPoP, or leave dpop out/);
  });

  test("without dpop: DPoP", async () => {
    const { sts, client, manager } = await createDpopWorld();
    const { dpop: _, ...plain } = client;
    manager.register("plain", plain);
    sts.answerNext(() => Response.json({ access_token: "abc", token_type: "DPoP" }));
    const call = manager.getToken("plain");
    await expect(call).rejects.toMatchObject({ code: "ERR_TOKEN_RESPONSE_TYPE" });
    await expect(call).rejects.toThrow(/set dpop/);
  });
});

describe("a key of this process", () => {
  test("is made at first use, once for all who use it", async () => {
    const { sts, client, manager } = await createDpopWorld();
    manager.register("payments", { ...client, clientId: "payments-app" });
    await Promise.all([manager.getToken("invoices"), manager.getToken("payments")]);
    const { dpop: _, ...other } = client;
    manager.register("other", { ...other, dpop: dpop() });
    await manager.getToken("other");

    const [first, second, third] = sts.proofs.map(({ thumbprint }) => thumbprint);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  test.each(["ES384", "PS256", "EdDSA", "Ed25519"] as const)("signs as it is told: %s", async (algorithm) => {
    const { sts, manager } = await createDpopWorld({ client: { dpop: dpop({ algorithm }) } });
    await manager.getToken("invoices");
    expect(sts.proofs).toMatchObject([{ algorithm }]);
  });
});

test("neither key nor token show in what a program prints", async () => {
  const { issued, client, manager } = await createDpopWorld();
  const token = await manager.getToken("invoices");
  const [secret = ""] = issued.keys();
  for (const value of [token, { ...token }, client.dpop, manager]) {
    const shown = everythingShownBy(value);
    expect(shown).not.toContain(secret);
    expect(shown).not.toMatch(/"d":|PrivateKey/);
  }
  expect(Object.keys(token)).not.toContain("key");
});
