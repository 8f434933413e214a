import { createInterface } from "node:readline";
import { createTokenManager, isTokenError } from "@client-token/core";
import { assertionFromFile } from "@client-token/core/node";

/** What runs in a process of its own: asks for a new token at each line, and says what came of it. */
const tokens = createTokenManager({
  clients: {
    invoices: {
      tokenEndpoint: process.env["TOKEN_ENDPOINT"] ?? "",
      clientId: "invoices-app",
      clientAssertion: assertionFromFile(process.env["ASSERTION_FILE"] ?? ""),
    },
  },
});

for await (const _ of createInterface({ input: process.stdin })) {
  const said = await tokens.getToken("invoices", { forceRenewal: true }).then(
    () => "token",
    (error: unknown) => (isTokenError(error) ? error.code : String(error)),
  );
  process.stdout.write(`${said}\n`);
}
