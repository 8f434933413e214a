import { createTokenManager, withClientToken } from "@client-token/core";
import { dpop, type DpopOptions } from "@client-token/core/dpop";
import { serve } from "@client-token/core/testing/node";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { createProofChecker } from "../support/proofs.ts";
import { secretOf, startOpenServer } from "./open-server.ts";

test.each<[what: string, options: DpopOptions]>([
  ["a key of this process", {}],
  ["EdDSA", { algorithm: "EdDSA" }],
])("oidc-provider asks for nonces, and binds its tokens to the key: %s", async (_, options) => {
  const sts = await startOpenServer({ nonces: true });
  const keys = createRemoteJWKSet(new URL(`${sts.issuer}/jwks`));
  const check = createProofChecker({ now: Date.now, nonces: () => undefined });
  const api = await serve(async (request) => {
    const [scheme, token = ""] = (request.headers.get("authorization") ?? "").split(" ");
    const { payload } = await jwtVerify(token, keys, { issuer: sts.issuer, typ: "at+jwt" });
    const { thumbprint } = await check(request, token);
    return Response.json({ scheme, thumbprint, cnf: payload["cnf"] });
  });
  onTestFinished(() => api.close());
  const manager = createTokenManager({
    clients: {
      invoices: {
        tokenEndpoint: sts.tokenEndpoint,
        clientId: "invoices",
        clientSecret: secretOf("invoices"),
        scope: "list",
        resource: "urn:invoices",
        dpop: dpop(options),
      },
    },
  });

  const response = await withClientToken("invoices", { manager })(fetch)(`${api.url}/a%20list?page=1`);
  const seen = (await response.json()) as { readonly thumbprint: string };
  expect(seen).toMatchObject({ scheme: "DPoP", cnf: { jkt: seen.thumbprint } });
  expect(sts.grants, "one request to learn the nonce").toHaveLength(2);

  await manager.getToken("invoices", { forceRenewal: true });
  expect(sts.grants).toHaveLength(3);
});
