import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { TokenClientError } from "@client-token/core";
import { assertionFromEnv, assertionFromFile } from "@client-token/core/node";
import {
  acceptOnly,
  assertionsSentTo,
  createAuthenticationWorld,
  proofOf,
} from "../support/authentication.ts";
import { errorOf, failureOf, inARow } from "../support/calls.ts";
import { createWorld } from "../support/world.ts";

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "client-token-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** A volume as Kubernetes projects it: the file is a link through a folder that is replaced at one stroke. */
async function projectToken(volume: string, token: string): Promise<void> {
  const data = await mkdtemp(join(volume, "..data-"));
  await writeFile(join(data, "token"), token);
  await symlink(data, join(volume, "..data_tmp"));
  await rename(join(volume, "..data_tmp"), join(volume, "..data"));
  await symlink(join("..data", "token"), join(volume, "token")).catch(() => {});
}

describe("an assertion in a file", () => {
  test("is sent as the client's one credential, without the white space around it", async () => {
    const path = join(await makeFolder(), "token");
    await writeFile(path, "\n a.b.c \r\n");
    const { server, invoices } = createAuthenticationWorld({ clientAssertion: assertionFromFile(path) });
    await invoices.getToken();
    expect(server.requests.map(proofOf)).toEqual([
      {
        client_id: "invoices-app",
        client_assertion: "a.b.c",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      },
    ]);
  });

  test("may be as long as it likes", async () => {
    const path = join(await makeFolder(), "token");
    const assertion = "a".repeat(500_000);
    await writeFile(path, assertion);
    const { server, invoices } = createAuthenticationWorld({ clientAssertion: assertionFromFile(path) });
    await invoices.getToken();
    expect(assertionsSentTo(server)).toEqual([assertion]);
  });

  test("may be of another type, and its path a URL", async () => {
    const path = join(await makeFolder(), "svid");
    await writeFile(path, "a.b.c");
    const type = "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe";
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: assertionFromFile(pathToFileURL(path), { type }),
    });
    await invoices.getToken();
    expect(server.requests.map(proofOf)).toMatchObject([{ client_assertion_type: type }]);
  });

  test.each<[how: string, replace: (volume: string, token: string) => Promise<void>]>([
    ["written anew", (volume, token) => writeFile(join(volume, "token"), token)],
    [
      "renamed over",
      async (volume, token) => {
        await writeFile(join(volume, "next"), token);
        await rename(join(volume, "next"), join(volume, "token"));
      },
    ],
    ["swapped with its folder, as Kubernetes does", projectToken],
  ])("that is %s is used for the next token request", async (_, replace) => {
    const volume = await makeFolder();
    await replace(volume, "first");
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: assertionFromFile(join(volume, "token")),
    });
    await invoices.getToken();
    await replace(volume, "second");
    await inARow(2, () => invoices.getToken({ forceRenewal: true }));
    expect(assertionsSentTo(server)).toEqual(["first", "second", "second"]);
  });

  test("that is replaced under a running process is used for the next token request", async () => {
    const volume = await makeFolder();
    await projectToken(volume, "first");
    const { server, tokenEndpoint } = await createWorld();
    const child = spawn(
      process.execPath,
      [
        "--conditions=@client-token/source",
        "--no-warnings",
        fileURLToPath(new URL("../support/workload.ts", import.meta.url)),
      ],
      {
        env: { TOKEN_ENDPOINT: tokenEndpoint, ASSERTION_FILE: join(volume, "token") },
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    onTestFinished(() => void child.kill());
    const exited = once(child, "exit");
    const lines = createInterface({ input: child.stdout });
    const ask = async (): Promise<unknown> => {
      const answer = once(lines, "line").then(([line]: unknown[]) => line);
      child.stdin.write("ask\n");
      return Promise.race([answer, exited]);
    };

    expect(await ask()).toBe("token");
    await projectToken(volume, "second");
    expect(await ask()).toBe("token");
    expect(assertionsSentTo(server)).toEqual(["first", "second"]);
    child.stdin.end();
    expect(await exited).toEqual([0, null]);
  }, 30_000);

  test("that is replaced while a request with the old one is on its way causes no failed call", async () => {
    const path = join(await makeFolder(), "token");
    await writeFile(path, "old");
    const { server, events, invoices } = createAuthenticationWorld({
      clientAssertion: assertionFromFile(path),
    });
    server.answerNext(async () => {
      await writeFile(path, "new");
      return Response.json({ error: "invalid_client" }, { status: 401 });
    });
    await invoices.getToken();
    expect(assertionsSentTo(server)).toEqual(["old", "new"]);
    expect(events.map(({ type }) => type)).toEqual(["token-obtained"]);
  });

  test("that was refused is not sent again until its content is another", async () => {
    const path = join(await makeFolder(), "token");
    await writeFile(path, "old");
    const { server, invoices } = createAuthenticationWorld({ clientAssertion: assertionFromFile(path) });
    acceptOnly(server, ({ form }) => form.get("client_assertion") === "new");
    await failureOf(invoices.getToken());
    await writeFile(path, "old\n");
    await inARow(3, () => failureOf(invoices.getToken()));
    expect(assertionsSentTo(server)).toEqual(["old"]);
    await writeFile(path, "new");
    await expect(invoices.getToken()).resolves.toBeDefined();
  });

  test.each<
    [what: string, make: (path: string) => Promise<unknown>, message: RegExp, cause: string | undefined]
  >([
    ["is missing", async () => {}, /could not be read, see the cause/, "ENOENT"],
    ["is a folder", (path) => mkdir(path), /could not be read, see the cause/, "EISDIR"],
    ["is empty", (path) => writeFile(path, " \n"), /is empty: check what writes it/, undefined],
  ])("that %s is an error that names it", async (_, make, message, cause) => {
    const path = join(await makeFolder(), "token");
    await make(path);
    const { server, invoices } = createAuthenticationWorld({ clientAssertion: assertionFromFile(path) });
    const error = await failureOf(invoices.getToken());
    expect(error).toBeInstanceOf(TokenClientError);
    expect(error).toMatchObject({ code: "ERR_TOKEN_CREDENTIAL", client: "invoices" });
    expect(error.message).toContain(`the assertion file ${path} `);
    expect(error.message).toMatch(message);
    expect((error.cause as { code?: string } | undefined)?.code).toBe(cause);
    expect(server.requests).toHaveLength(0);
  });
});

describe("an assertion in an environment variable", () => {
  test("is looked up for each token request", async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: assertionFromEnv("INVOICES_ASSERTION"),
    });
    vi.stubEnv("INVOICES_ASSERTION", " first\n");
    await invoices.getToken();
    vi.stubEnv("INVOICES_ASSERTION", "second");
    await invoices.getToken({ forceRenewal: true });
    expect(assertionsSentTo(server)).toEqual(["first", "second"]);
  });

  test.each([undefined, "", " "])("that holds %j is an error that names it", async (value) => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("INVOICES_ASSERTION", value);
    const { server, invoices } = createAuthenticationWorld({
      clientAssertion: assertionFromEnv("INVOICES_ASSERTION"),
    });
    expect(await failureOf(invoices.getToken())).toMatchObject({
      code: "ERR_TOKEN_CREDENTIAL",
      message: `Client "invoices": the environment variable INVOICES_ASSERTION holds no assertion: set it.`,
    });
    expect(server.requests).toHaveLength(0);
  });
});

test.each<[what: string, make: () => unknown, message: RegExp]>([
  [
    "a path from a variable that is not set",
    () => assertionFromFile(undefined),
    /"path" of assertionFromFile is undefined: is the environment variable set\?/,
  ],
  ["an empty path", () => assertionFromFile(""), /"path" of assertionFromFile is empty/],
  ["an empty type", () => assertionFromFile("/token", { type: "" }), /"type" of assertionFromFile is empty/],
  ["an empty name", () => assertionFromEnv(""), /"name" of assertionFromEnv is empty: give the name/],
  [
    "an unknown option",
    () => assertionFromEnv("A", { kind: "x" } as object),
    /"kind" of assertionFromEnv is not an option/,
  ],
])("%s is a mistake that is found at construction", (_, make, message) => {
  expect(errorOf(make).message).toMatch(message);
});
