import { describe, expect, test } from "vitest";
import { combinations } from "./support/ways.ts";
import { createWorld, ok, unauthorized } from "./support/world.ts";

/** A token endpoint that answers when it is told to. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

const token = (): Response =>
  Response.json({ access_token: "token", token_type: "Bearer", expires_in: 3600 });

describe.each(combinations)("$name: who gives up waits for no token", ({ create, axios }) => {
  test("a signal ends the wait of its call, and of no other", async () => {
    const { api, manager, server, seen, answerNext } = await createWorld();
    const { opened, open } = gate();
    server.answerNext(() => opened.then(token));
    answerNext(ok);
    const invoices = create("invoices", { manager }, { baseURL: api });
    const controller = new AbortController();

    const given = invoices.get("/given-up", { signal: controller.signal });
    const other = invoices.get("/other");
    setTimeout(() => controller.abort(), 10);
    const failure = await given.catch((error: unknown) => error);
    open();
    await other;

    expect(axios.isCancel(failure)).toBe(true);
    expect(failure).toMatchObject({ code: "ERR_CANCELED" });
    expect(seen.map(({ path }) => path)).not.toContain("/given-up");
    expect(server.requests).toHaveLength(1);
  });

  test("so does a cancel token", async () => {
    const { api, manager, server, seen } = await createWorld();
    const { opened, open } = gate();
    server.answerNext(() => opened.then(token));
    const invoices = create("invoices", { manager }, { baseURL: api });
    const { token: cancelToken, cancel } = axios.CancelToken.source();

    const given = invoices.get("/given-up", { cancelToken });
    setTimeout(() => cancel("enough"), 10);
    const failure = await given.catch((error: unknown) => error);
    open();

    expect(axios.isCancel(failure)).toBe(true);
    expect(failure).toMatchObject({ message: "enough" });
    expect(seen).toHaveLength(0);
  });

  test("a signal that has been aborted before asks for no token", async () => {
    const { api, manager, server } = await createWorld();
    const invoices = create("invoices", { manager }, { baseURL: api });
    const failure = await invoices.get("/", { signal: AbortSignal.abort() }).catch((error: unknown) => error);
    expect(axios.isCancel(failure)).toBe(true);
    expect(server.requests).toHaveLength(0);
  });

  test.each(["signal", "cancelToken"] as const)(
    "a %s ends the wait for the replacement of a rejected token too",
    async (means) => {
      const { api, manager, server, seen, answerNext } = await createWorld();
      const { opened, open } = gate();
      await manager.getToken("invoices");
      answerNext(unauthorized);
      const controller = new AbortController();
      const { token: cancelToken, cancel } = axios.CancelToken.source();
      server.answerNext(() => {
        setTimeout(() => (means === "signal" ? controller.abort() : cancel()), 10);
        return opened.then(token);
      });
      const invoices = create("invoices", { manager }, { baseURL: api });

      const config = means === "signal" ? { signal: controller.signal } : { cancelToken };
      const failure = await invoices.get("/", config).catch((error: unknown) => error);
      open();

      expect(axios.isCancel(failure)).toBe(true);
      expect(seen).toHaveLength(1);
    },
  );

  test("Axios's own `timeout` is for the API alone: it begins when the request is sent", async () => {
    const { api, manager, server, answerNext } = await createWorld();
    server.answerNext(async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, 300);
      });
      return token();
    });
    answerNext(ok);
    const { status } = await create("invoices", { manager }, { baseURL: api, timeout: 250 }).get("/");
    expect(status).toBe(200);
  });
});
