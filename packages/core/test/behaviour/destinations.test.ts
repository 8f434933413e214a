import { withClientToken, type Fetch } from "@client-token/core";
import { serve } from "@client-token/core/testing/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { failureOf } from "../support/calls.ts";
import { createWorld } from "../support/world.ts";

/** A server of another origin; tells the Authorization headers that reached it. */
async function elsewhere(): Promise<{ url: string; received: (string | null)[] }> {
  const received: (string | null)[] = [];
  const server = await serve(async (request) => {
    received.push(request.headers.get("authorization"));
    return new Response("elsewhere");
  });
  onTestFinished(() => server.close());
  return { url: server.url, received };
}

/** A fetch that goes nowhere and keeps what it was given. */
function nowhere(): { sent: [string, string | null][]; next: Fetch } {
  const sent: [string, string | null][] = [];
  const next: Fetch = async (input, init) => {
    sent.push([
      typeof input === "string" ? input : new Request(input).url,
      new Headers(init?.headers).get("authorization"),
    ]);
    return new Response();
  };
  return { sent, next };
}

describe("a client that names its origins", () => {
  test("sends its token there", async () => {
    const { invoicesFetch, api, seen, server } = await createWorld();
    await invoicesFetch(`${api}/list`);
    await invoicesFetch(new URL("/list", api));
    await invoicesFetch(new Request(`${api}/list`));
    expect(seen.map(({ authorization }) => authorization)).toEqual(
      Array(3).fill(`Bearer ${server.issued[0]}`),
    );
  });

  test("sends none to another origin, and an event says so", async () => {
    const { invoicesFetch, events, server } = await createWorld();
    const other = await elsewhere();
    expect(await (await invoicesFetch(other.url)).text()).toBe("elsewhere");
    expect(other.received).toEqual([null]);
    expect(events).toEqual([{ type: "token-withheld", client: "invoices", origin: other.url }]);
    expect(server.requests).toHaveLength(0);
  });

  test("refuses such a request altogether with strictOrigins", async () => {
    const { invoicesFetch, server } = await createWorld({ manager: { strictOrigins: true } });
    const other = await elsewhere();
    const error = await failureOf(invoicesFetch(other.url));
    expect(error).toMatchObject({ code: "ERR_TOKEN_ORIGIN", client: "invoices" });
    expect(error.message).toContain(other.url);
    expect(error.message).toContain("origins");
    expect(other.received).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });

  test("is not misled by a URL that only looks like one of them", async () => {
    const { tokens } = await createWorld({ client: { origins: ["https://api.company.com"] } });
    const { sent, next } = nowhere();
    const invoicesFetch = withClientToken("invoices", { manager: tokens })(next);
    for (const url of [
      "https://api.company.com.evil.test/",
      "https://api.company.com@evil.test/",
      "https://evil.test/#https://api.company.com/",
    ]) {
      await invoicesFetch(url);
    }
    expect(sent.map(([, authorization]) => authorization)).toEqual([null, null, null]);
  });

  test("may name a plain http origin on purpose", async () => {
    const { tokens, server } = await createWorld({ client: { origins: ["http://api.internal"] } });
    const { sent, next } = nowhere();
    await withClientToken("invoices", { manager: tokens })(next)("http://api.internal/list");
    expect(sent).toEqual([["http://api.internal/list", `Bearer ${server.issued[0]}`]]);
  });
});

describe("where nobody has named an origin", () => {
  test("any https origin and loopback gets the token, and one event says that it is unguarded", async () => {
    const { tokens, invoicesFetch, api, events, server } = await createWorld({
      client: { origins: undefined },
    });
    const { sent, next } = nowhere();
    await invoicesFetch(api);
    await withClientToken("invoices", { manager: tokens })(next)("https://anywhere.test/");
    expect(sent).toEqual([["https://anywhere.test/", `Bearer ${server.issued[0]}`]]);
    expect(events.filter(({ type }) => type === "origin-unguarded")).toEqual([
      { type: "origin-unguarded", client: "invoices" },
    ]);
  });

  test("plain http beyond loopback is refused with an error that says to list it in origins", async () => {
    const { tokens, server } = await createWorld({ client: { origins: undefined } });
    const { sent, next } = nowhere();
    const error = await failureOf(
      withClientToken("invoices", { manager: tokens })(next)("http://api.internal/"),
    );
    expect(error).toMatchObject({ code: "ERR_TOKEN_ORIGIN" });
    expect(error.message).toMatch(/http:\/\/api\.internal.*not encrypted.*list it in origins/);
    expect(sent).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });
});

describe("a redirect", () => {
  test("to another origin does not carry the token along", async () => {
    const { invoicesFetch, api, answerApiNext, seen } = await createWorld();
    const other = await elsewhere();
    answerApiNext(() => Response.redirect(other.url, 302));
    expect(await (await invoicesFetch(api)).text()).toBe("elsewhere");
    expect(other.received).toEqual([null]);
    expect(seen[0]?.authorization).toMatch(/^Bearer/);
  });

  test("to another origin that answers 401 replaces nothing", async () => {
    const { invoicesFetch, api, answerApiNext, server, seen } = await createWorld();
    const other = await serve(
      async () => new Response(null, { status: 401, headers: { "www-authenticate": "Bearer" } }),
    );
    onTestFinished(() => other.close());
    answerApiNext(() => Response.redirect(other.url, 302));
    expect((await invoicesFetch(api)).status).toBe(401);
    expect(server.requests).toHaveLength(1);
    expect(seen).toHaveLength(1);
  });

  test("within the origin carries it, and a 401 behind it is repaired", async () => {
    const { invoicesFetch, api, answerApiNext, server } = await createWorld();
    await invoicesFetch(api);
    server.revoke();
    answerApiNext(() => Response.redirect(`${api}/moved`, 307));
    const response = await invoicesFetch(`${api}/old`, { method: "POST", body: "x" });
    expect(response.status).toBe(200);
    expect(server.requests).toHaveLength(2);
  });
});
