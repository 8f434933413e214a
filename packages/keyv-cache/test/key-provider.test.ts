import { aesGcm, type EncryptionKey } from "@client-token/keyv-cache";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { newKey } from "./support/keys.ts";

const [old, next] = [newKey("old"), newKey("next")];
/** What processes with that key have written. */
const byOld = await aesGcm([old]).encrypt("by old", "a");
const byNext = await aesGcm([next]).encrypt("by next", "a");

const seconds = (count: number) => vi.advanceTimersByTime(count * 1_000);
const never = new Promise<never>(() => {});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
});

/** A key provider that counts its calls, and answers as it is told. */
function createProvider(...keys: EncryptionKey[]) {
  const provider = {
    calls: 0,
    answer: (): readonly EncryptionKey[] | Promise<readonly EncryptionKey[]> => keys,
  };
  const cipher = aesGcm(() => {
    provider.calls++;
    return provider.answer();
  });
  return { provider, cipher };
}

/** What only waits for promises is over. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a key provider", () => {
  test("is asked at first use, once for all calls of that moment", async () => {
    const { provider, cipher } = createProvider(old);
    provider.answer = async () => [old];
    expect(provider.calls).toBe(0);
    const calls = [cipher.decrypt(byOld, "a"), cipher.decrypt(byOld, "a"), cipher.encrypt("text", "a")];
    expect((await Promise.all(calls)).slice(0, 2)).toEqual(["by old", "by old"]);
    expect(provider.calls).toBe(1);
  });

  test("may answer without a promise, and what becomes of its answer changes nothing", async () => {
    const mine = { id: old.id, secret: Uint8Array.from(old.secret) };
    const { cipher } = createProvider(mine);
    expect(await cipher.decrypt(byOld, "a")).toBe("by old");
    mine.secret.fill(0);
    expect(await cipher.decrypt(byOld, "a")).toBe("by old");
  });

  test("is asked again when its answer is 5 minutes old, and nobody waits for that", async () => {
    const { provider, cipher } = createProvider(old);
    await cipher.decrypt(byOld, "a");
    seconds(299);
    await cipher.decrypt(byOld, "a");
    expect(provider.calls).toBe(1);
    provider.answer = async () => [next, old];
    seconds(1);
    expect(await cipher.encrypt("text", "a")).toMatch(/^old /);
    await vi.waitFor(async () => expect(await cipher.encrypt("text", "a")).toMatch(/^next /));
    expect(provider.calls).toBe(2);
  });

  test("is asked for a key that it has not given, and that key serves at once", async () => {
    const { provider, cipher } = createProvider(old);
    await cipher.decrypt(byOld, "a");
    provider.answer = async () => [old, next];
    seconds(10);
    const reads = [cipher.decrypt(byNext, "a"), cipher.decrypt(byNext, "a")];
    expect(await Promise.all(reads)).toEqual(["by next", "by next"]);
    expect(provider.calls).toBe(2);
  });

  test("is asked for unknown keys once in 10 seconds, whoever names them", async () => {
    const { provider, cipher } = createProvider(old);
    for (let i = 0; i < 100; i++) expect(await cipher.decrypt(`id-${i} AAAA`, "a")).toBeUndefined();
    expect(provider.calls).toBe(1);
    seconds(10);
    for (let i = 0; i < 100; i++) expect(await cipher.decrypt(`id-${i} AAAA`, "a")).toBeUndefined();
    expect(provider.calls).toBe(2);
  });

  test("is waited for no longer than 100 ms where a key is unknown, and asked on in the background", async () => {
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
    const { provider, cipher } = createProvider(old);
    await cipher.decrypt(byOld, "a");
    let answer = (): void => {};
    provider.answer = () => new Promise((resolve) => (answer = () => resolve([next, old])));
    seconds(10);
    const over = vi.fn<(text: string | undefined) => void>();
    void cipher.decrypt(byNext, "a").then(over);
    await vi.advanceTimersByTimeAsync(99);
    expect(over).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toHaveBeenCalledExactlyOnceWith(undefined);
    expect(vi.getTimerCount()).toBe(0);

    const read = cipher.decrypt(byNext, "a");
    answer();
    expect(await read).toBe("by next");
    expect(vi.getTimerCount()).toBe(0);
    expect(provider.calls).toBe(2);
  });

  test("is not asked for what names no key", async () => {
    const { provider, cipher } = createProvider(old);
    await cipher.decrypt(byOld, "a");
    seconds(60);
    for (const text of ["", "{}", "id", " AAAA", "id AAAA ", `${"k".repeat(33)} AAAA`]) {
      expect(await cipher.decrypt(text, "a")).toBeUndefined();
    }
    expect(provider.calls).toBe(1);
  });
});

describe("while a key provider fails", () => {
  const failures: [string, () => readonly EncryptionKey[] | Promise<readonly EncryptionKey[]>][] = [
    ["rejects", () => Promise.reject(new Error("down"))],
    ["throws", () => JSON.parse("down") as never],
    ["gives no keys", () => []],
    ["gives a wrong key", () => [old, { id: "b", secret: "passphrase" }]],
    ["never answers", () => never],
  ];

  test.each(failures)("the keys of before go on being used: it %s", async (_, fail) => {
    const { provider, cipher } = createProvider(old);
    await cipher.decrypt(byOld, "a");
    provider.answer = fail;
    for (let minutes = 0; minutes < 60; minutes += 6) {
      seconds(360);
      expect(await cipher.decrypt(byOld, "a")).toBe("by old");
      expect(await cipher.decrypt(await cipher.encrypt("text", "a"), "a")).toBe("text");
      await settled();
    }
    expect(provider.calls).toBe(11);
  });

  test.each(failures.slice(0, 4))("an unknown key is a miss: it %s", async (_, fail) => {
    const { provider, cipher } = createProvider(old);
    await cipher.decrypt(byOld, "a");
    provider.answer = fail;
    seconds(10);
    expect(await cipher.decrypt(byNext, "a")).toBeUndefined();
    expect(provider.calls).toBe(2);
  });

  test.each([
    [failures[0]![1], "The function that gives the keys of aesGcm failed: Error"],
    [failures[1]![1], "The function that gives the keys of aesGcm failed: SyntaxError"],
    [() => Promise.reject(Object.assign(new Error("no"), { code: "ETIMEDOUT" })), "failed: ETIMEDOUT"],
    [failures[2]![1], '"keys" of aesGcm is empty'],
    [failures[3]![1], '"keys[1].secret" of aesGcm is not 32 random bytes'],
    [() => undefined as never, '"keys" of aesGcm is no list'],
  ])("and has never given any, calls reject and say why: %#", async (fail, message) => {
    const { provider, cipher } = createProvider();
    provider.answer = fail;
    await expect(cipher.decrypt(byOld, "a")).rejects.toThrow(message);
    await expect(cipher.encrypt("text", "a")).rejects.toThrow(message);
  });

  test("it is asked once a second until it has given some, and works from then on", async () => {
    const { provider, cipher } = createProvider(old);
    const { answer } = provider;
    provider.answer = () => Promise.reject(new Error("down"));
    for (let i = 0; i < 100; i++) await expect(cipher.decrypt(byOld, "a")).rejects.toThrow("failed");
    expect(provider.calls).toBe(1);
    provider.answer = answer;
    seconds(1);
    expect(await cipher.decrypt(byOld, "a")).toBe("by old");
    expect(provider.calls).toBe(2);
  });

  test("by never answering, it is given up after 10 seconds, and its late answer does not count", async () => {
    const { provider, cipher } = createProvider();
    let answerLate = (): void => {};
    provider.answer = () => new Promise((resolve) => (answerLate = () => resolve([old])));
    const hanging = cipher.decrypt(byOld, "a");
    seconds(9.9);
    const alsoHanging = cipher.decrypt(byOld, "a");
    await settled();
    expect(provider.calls).toBe(1);

    provider.answer = async () => [next, old];
    seconds(0.1);
    expect(await cipher.decrypt(byNext, "a")).toBe("by next");
    expect(provider.calls).toBe(2);

    answerLate();
    expect(await Promise.all([hanging, alsoHanging])).toEqual(["by old", "by old"]);
    expect(await cipher.encrypt("text", "a")).toMatch(/^next /);
  });

  test("its message, which may quote a secret, is not repeated", async () => {
    const { provider, cipher } = createProvider();
    provider.answer = () => JSON.parse("s3cr3t") as never;
    const error: unknown = await cipher.encrypt("text", "a").catch((reason: unknown) => reason);
    expect(String(error)).toContain("SyntaxError");
    expect(Object.getOwnPropertyDescriptors(error)).not.toHaveProperty("cause");
    expect(String(error)).not.toContain("s3c");
  });
});
