import { aesGcm, type EncryptionKey } from "@client-token/keyv-cache";
import { describe, expect, test } from "vitest";
import { newKey, secretText } from "./support/keys.ts";

const key = newKey("2026-11");

function refused(...keys: unknown[]): string {
  try {
    aesGcm(keys as EncryptionKey[]);
  } catch (error) {
    if (error instanceof TypeError) return error.message;
  }
  return "not refused";
}

test("bytes and their base64url form are the same key", async () => {
  const encrypted = await aesGcm([key]).encrypt("text", "a");
  expect(await aesGcm([{ id: key.id, secret: secretText(key) }]).decrypt(encrypted, "a")).toBe("text");
  expect(await aesGcm([{ id: key.id, secret: Buffer.from(key.secret) }]).decrypt(encrypted, "a")).toBe(
    "text",
  );
});

test("what becomes of the caller's bytes afterwards changes nothing", async () => {
  const mine = { id: "a", secret: Uint8Array.from(key.secret) };
  const keys = [mine];
  const cipher = aesGcm(keys);
  mine.secret.fill(0);
  keys.pop();
  const encrypted = await cipher.encrypt("text", "a");
  expect(await aesGcm([{ id: "a", secret: key.secret }]).decrypt(encrypted, "a")).toBe("text");
});

describe("refused at construction, with the way to make a key:", () => {
  test.each([
    ["a passphrase", "correct horse battery staple"],
    ["a passphrase of 32 bytes", new TextEncoder().encode("correct horse battery staple 32!")],
    ["a passphrase of 43 characters", "correct-horse-battery-staple-correct-horse_"],
    ["a key in hexadecimal", Buffer.from(key.secret).toString("hex")],
    ["a key in plain base64, with its padding", Buffer.from(key.secret).toString("base64")],
    ["a key with a line break behind it", `${secretText(key)}\n`],
    ["16 bytes", key.secret.slice(0, 16)],
    ["33 bytes", new Uint8Array([...key.secret, 200])],
    ["31 bytes in base64url", Buffer.from(key.secret.slice(1)).toString("base64url")],
    ["zeros", new Uint8Array(32)],
    ["a list of numbers", [...key.secret]],
    ["an ArrayBuffer", key.secret.buffer],
    ["null", null],
    ["a number", 5],
  ])("%s", (_, secret) => {
    expect(refused(key, { id: "next", secret })).toMatch(
      /^"keys\[1\]\.secret" of aesGcm is not 32 random bytes, .*make one with openssl rand -base64 32/,
    );
  });
});

test.each([undefined, ""])("a secret that is %o is refused with the question for its variable", (secret) => {
  expect(refused({ id: "a", secret })).toBe(
    '"keys[0].secret" of aesGcm is undefined or empty: is the environment variable set?',
  );
});

test.each(["", "a b", "ключ", "a\n", "a/b", "k".repeat(33), undefined, 5])("the id %o is refused", (id) => {
  expect(refused({ ...key, id })).toMatch(/^"keys\[0\]\.id" of aesGcm is no id: give 1–32 characters of A-Z/);
});

test("ids of every allowed character and length are not", () => {
  for (const id of ["a", "A.b_c-9", "k".repeat(32)]) expect(() => aesGcm([{ ...key, id }])).not.toThrow();
});

test.each([undefined, null, "secret", key, new Map()])("%o for the keys is refused", (keys: unknown) => {
  expect(() => aesGcm(keys as EncryptionKey[])).toThrow('"keys" of aesGcm is no list: give [{ id, secret }]');
});

test("no keys, no key, and two of one id are refused", () => {
  expect(refused()).toBe('"keys" of aesGcm is empty: give at least one.');
  expect(refused(undefined)).toMatch(/^"keys\[0\]\.id" of aesGcm/);
  expect(refused(null)).toMatch(/^"keys\[0\]\.id" of aesGcm/);
  expect(refused(key, newKey("b"), newKey(key.id))).toMatch(/^"keys" of aesGcm has two of the same id/);
});

test("no message shows a secret, wherever it stands", () => {
  const secret = secretText(key);
  const wrong = [
    { id: secret, secret: key.id },
    { id: "a", secret: secret.slice(1) },
    { id: "a", secret: `${secret}=` },
    secret,
  ];
  for (const one of wrong) {
    expect(refused(one)).toContain("of aesGcm is");
    expect(refused(one)).not.toContain(secret.slice(1, 12));
  }
});
