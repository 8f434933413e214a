import { createAuthorizer, type RequestView } from "@client-token/core/adapter";
import { expect, test } from "vitest";
import { createWorld } from "../support/world.ts";

/** A request as an adapter of somebody else's shows it. */
function view(url: string, headers: Record<string, string> = {}): RequestView {
  return { method: "GET", url, header: (name) => headers[name] };
}

test.each([
  ["https://api.company.com/list", true],
  ["https://api.company.com/", true],
  ["https://files.company.com/list", false],
  ["http://api.company.com/list", false],
])("an instance's base URL says where tokens go: %s", async (url, goes) => {
  const { tokens, options } = await createWorld();
  const client = tokens.register("anywhere", { ...options, origins: undefined });
  const authorizer = createAuthorizer(client);
  const attached = await authorizer.attach(view(url), { baseUrl: "https://api.company.com/v1" });
  expect(attached !== undefined).toBe(goes);
});

test("each request is judged by the base URL that it comes with", async () => {
  const { tokens, options } = await createWorld();
  const authorizer = createAuthorizer(tokens.register("anywhere", { ...options, origins: undefined }));
  const goesTo = async (baseUrl: string | undefined): Promise<boolean> =>
    (await authorizer.attach(view("https://one.test/"), { baseUrl })) !== undefined;
  expect(await goesTo("https://one.test")).toBe(true);
  expect(await goesTo("https://two.test")).toBe(false);
  expect(await goesTo(undefined)).toBe(true);
  expect(await goesTo("https://two.test")).toBe(false);
  expect(await goesTo("/relative")).toBe(true);
});

test("the client's origins count for more than the base URL", async () => {
  const { tokens, options } = await createWorld();
  const authorizer = createAuthorizer(
    tokens.register("guarded", { ...options, origins: ["https://api.company.com"] }),
  );
  expect(await authorizer.attach(view("https://one.test/"), { baseUrl: "https://one.test" })).toBeUndefined();
});

test("with a token at hand the answer is there at once, with the headers to set", async () => {
  const { tokens, invoices, api } = await createWorld();
  const authorizer = createAuthorizer("invoices", { manager: tokens });
  const cold = authorizer.attach(view(api));
  expect(cold).toBeInstanceOf(Promise);
  await cold;
  const token = await invoices.getToken();
  expect(authorizer.attach(view(`${api}/list`))).toMatchObject({
    headers: { authorization: token.authorization },
    retried: false,
  });
  expect(authorizer.attach(view(api, { authorization: "Basic eDp5" }))).toBeUndefined();
  expect(authorizer.attach(view(api), { choice: false })).toBeUndefined();
});

test("a second try is not judged again, and a body that cannot be sent again is not sent again", async () => {
  const { tokens, invoices, api } = await createWorld();
  const authorizer = createAuthorizer("invoices", { manager: tokens });
  const refusal = { status: 401, header: () => undefined };
  const first = await authorizer.attach(view(api));
  const second = await authorizer.shouldRetry(first!, refusal, true);
  expect(second).toMatchObject({ retried: true });
  expect(second?.token).toBe(await invoices.getToken());
  expect(authorizer.shouldRetry(second!, refusal, true)).toBeUndefined();
  expect(authorizer.shouldRetry(first!, refusal, false)).toBeUndefined();
  expect(authorizer.shouldRetry(first!, { ...refusal, status: 403 }, true)).toBeUndefined();
});
