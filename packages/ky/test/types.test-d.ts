import { createTokenManager, type TokenChoice, type TokenClient } from "@client-token/core";
import kyTwo from "ky";
import kyOne from "ky-1";
import { withClientToken, type ClientTokenKyOptions } from "@client-token/ky";

const manager = createTokenManager({
  clients: { invoices: { tokenEndpoint: "https://sts.test/token", clientId: "invoices" } },
});
const resolving = createTokenManager({ resolveClient: () => undefined });
const handle: TokenClient = manager.register("late", {
  tokenEndpoint: "https://sts.test/token",
  clientId: "late",
});

// Names are those of the manager that is given; a handle always fits.
withClientToken("invoices", { manager });
withClientToken("anything", { manager: resolving });
withClientToken("anything");
withClientToken(handle, { manager });
withClientToken(handle);
// @ts-expect-error -- misspelt
withClientToken("invoises", { manager });
// @ts-expect-error -- a client is a name or a handle
withClientToken({ clientId: "invoices" });
// @ts-expect-error -- no such option
withClientToken("invoices", { manger: manager });
// @ts-expect-error -- a choice is false or an object
withClientToken("invoices", { select: () => true });

// Both majors take the options wherever they take options.
const options: ClientTokenKyOptions = withClientToken("invoices", { manager });
kyTwo.extend(options);
kyTwo.extend(() => options);
kyTwo.create({ baseUrl: "https://api.test", ...options });
void kyTwo.get("https://api.test", options);
kyOne.extend(options);
kyOne.extend(() => options);
kyOne.create({ prefixUrl: "https://api.test", ...options });
void kyOne.get("https://api.test", options);

// Hooks can be put beside ours, and a choice can be checked.
kyTwo.create({
  hooks: { beforeRequest: [...options.hooks.beforeRequest, ({ request }) => void request.url] },
});
void kyTwo.get("list", { context: { clientToken: { scope: "write" } satisfies TokenChoice } });
