import { startAuthorizationServer } from "../../../packages/core/test/support/authorization-server.ts";
import { certificateMethods } from "./certificate-methods.ts";
import type { Method } from "./method.ts";
import { privateKeyMethods } from "./private-key-methods.ts";
import { sharedSecretMethods } from "./shared-secret-methods.ts";

/** Every way there is to prove who the client is. */
export const methods: readonly Method[] = [
  ...sharedSecretMethods,
  ...privateKeyMethods,
  ...certificateMethods,
  {
    name: "none",
    proofs: [],
    options: {},
    start: (knowing) =>
      startAuthorizationServer(() =>
        knowing === "this"
          ? { token_endpoint_auth_method: "none" }
          : { token_endpoint_auth_method: "client_secret_basic", client_secret: crypto.randomUUID() },
      ),
    secrets: [],
  },
];
