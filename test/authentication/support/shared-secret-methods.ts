import { randomBytes } from "node:crypto";
import { clientSecretJwt, type ClientOptions } from "@client-token/core";
import { dpop } from "@client-token/core/dpop";
import { startAuthorizationServer } from "../../../packages/core/test/support/authorization-server.ts";
import type { Method, Proof } from "./method.ts";
import { startRawAuthorizationServer } from "./raw-authorization-server.ts";

const secret = "s3cret: +%2F/&=~ of more than 32 bytes";
const another = randomBytes(32).toString("hex");

function sharedSecret(
  name: string,
  method: "client_secret_basic" | "client_secret_post" | "client_secret_jwt",
  proof: Proof,
  options: Partial<ClientOptions>,
): Method {
  return {
    name,
    proofs: [proof],
    options,
    ...(method === "client_secret_jwt" && { algorithm: "HS256" }),
    start: (knowing) =>
      startAuthorizationServer(() => ({
        token_endpoint_auth_method: method,
        client_secret: knowing === "this" ? secret : another,
      })),
    secrets: [secret],
  };
}

const raw = "schlüssel: +%2F";

export const sharedSecretMethods: readonly Method[] = [
  sharedSecret("client_secret_basic", "client_secret_basic", "authorization", { clientSecret: secret }),
  {
    name: "client_secret_basic, raw",
    proofs: ["authorization"],
    options: { clientSecret: raw, clientCredentialStyle: "authorization-header-raw" },
    start: (knowing) => startRawAuthorizationServer("invoices", knowing === "this" ? raw : another),
    secrets: [raw],
  },
  sharedSecret("client_secret_post", "client_secret_post", "client_secret", {
    clientSecret: secret,
    clientCredentialStyle: "post-body",
  }),
  sharedSecret("client_secret_jwt", "client_secret_jwt", "client_assertion", {
    clientAssertion: clientSecretJwt(secret),
  }),
  {
    name: "client_secret_basic, DPoP, nonces",
    proofs: ["authorization"],
    options: { clientSecret: secret, dpop: dpop() },
    nonces: true,
    start: (knowing) =>
      startAuthorizationServer(
        () => ({ client_secret: knowing === "this" ? secret : another, dpop_bound_access_tokens: true }),
        { nonces: true },
      ),
    secrets: [secret],
  },
];
