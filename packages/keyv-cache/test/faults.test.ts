import { inspect } from "node:util";
import { keyvTokenCache } from "@client-token/keyv-cache";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { describeWithOwnRedis } from "../../../test/support/redis.ts";
import { entryOf, key } from "./support/entries.ts";
import { createStore, kept, majors, type Major } from "./support/keyvs.ts";
import { connect, openKeyv, recommended } from "./support/redis-keyvs.ts";

describe.each(majors)("over $name: a fault of the store", ({ over }) => {
  const readFrom = (get: () => Promise<unknown>) => keyvTokenCache(over({ ...createStore(), get })).get(key);

  test("in a read rejects, and is no miss", async () => {
    const read = readFrom(() => Promise.reject(new Error("connect ECONNREFUSED")));
    await expect(read).rejects.toThrow(/^The shared cache failed: connect ECONNREFUSED$/);
  });

  test("in a read of a store over fetch rejects, and is no miss", async () => {
    const read = readFrom(() =>
      Promise.reject(new TypeError("fetch failed", { cause: new Error("refused") })),
    );
    await expect(read).rejects.toThrow("The shared cache failed: fetch failed");
  });

  test("that Keyv only reports as an event rejects the read that it fell into, and no other", async () => {
    const errors = [new Error("the connection dropped")];
    const keyv = over({
      ...createStore(),
      async get() {
        for (const error of errors.splice(0)) keyv.emit("error", error);
        return undefined;
      },
    });
    const cache = keyvTokenCache(keyv);
    await expect(cache.get(key)).rejects.toThrow("the connection dropped");
    expect(await cache.get(key)).toBeUndefined();
  });

  test("does not hide an entry that was read all the same", async () => {
    const entry = entryOf();
    const keyv = over({
      ...createStore(),
      async get() {
        keyv.emit("error", new Error("another connection dropped"));
        return kept(entry);
      },
    });
    expect(await keyvTokenCache(keyv).get(key)).toEqual(entry);
  });

  test("in a write rejects, whether it is thrown, answered with false, or an event and success", async () => {
    const fails: ((emit: (error: unknown) => unknown) => unknown)[] = [
      () => Promise.reject(new Error("read only")),
      () => false,
      (emit) => [emit("read only"), true][1],
    ];
    for (const fail of fails) {
      const set = async (): Promise<unknown> => fail((error) => keyv.emit("error", error));
      const keyv = over({ ...createStore(), set });
      await expect(keyvTokenCache(keyv).set(key, entryOf())).rejects.toThrow("The shared cache failed: ");
    }
  });

  test("quotes nothing of what was to be stored", async () => {
    const set = async (_: string, value: unknown): Promise<never> => {
      const detail = `Failing row contains (${String(value)})`;
      throw Object.assign(new Error(`row too long: ${String(value)}`), { detail });
    };
    const error: unknown = await keyvTokenCache(over({ ...createStore(), set }))
      .set(key, entryOf())
      .catch((reason: unknown) => reason);
    const shown = inspect(error, { depth: 9, showHidden: true });
    expect(shown).toContain("row too long");
    expect(shown).not.toContain("secret-token");
  });

  test("without a message goes by its code or its name", async () => {
    const nameless = new AggregateError([]);
    await expect(readFrom(() => Promise.reject(nameless))).rejects.toThrow("failed: AggregateError");
    const coded = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
    await expect(readFrom(() => Promise.reject(coded))).rejects.toThrow("failed: ECONNREFUSED");
  });

  test("that nobody else listens to does not end the process", () => {
    const keyv = over(createStore());
    keyvTokenCache(keyv);
    expect(() => keyv.emit("error", new Error("Socket closed unexpectedly"))).not.toThrow();
  });

  test("is heard by one listener, however many caches are made over one Keyv", () => {
    const keyv = over(createStore());
    const on = vi.spyOn(keyv, "on");
    for (let i = 0; i < 200; i++) keyvTokenCache(keyv);
    expect(on).toHaveBeenCalledOnce();
  });
});

describe.each(majors)("over $name: a write that the store reports as done", ({ over }) => {
  test("rejects if nothing is there", async () => {
    const cache = keyvTokenCache(over({ ...createStore(), set: async () => true }));
    await expect(cache.set(key, entryOf())).rejects.toThrow("the entry is not there");
  });

  test("rejects if the older entry is still there", async () => {
    const store = createStore();
    store.values.set(key, kept(entryOf(), Date.now() - 60_000));
    const cache = keyvTokenCache(over({ ...store, set: async () => true }));
    await expect(cache.set(key, entryOf({ accessToken: "new" }))).rejects.toThrow("the entry is not there");
  });

  test("is one, if another process has written its own token since", async () => {
    const store = createStore();
    const set = async (): Promise<void> => void store.values.set(key, kept(entryOf(), Date.now() + 1));
    await keyvTokenCache(over({ ...store, set })).set(key, entryOf({ accessToken: "new" }));
    expect(store.values.get(key)).toContain("secret-token");
  });

  test("is one, if another process has written its own token in the same millisecond", async () => {
    const now = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now });
    onTestFinished(() => void vi.useRealTimers());
    const store = createStore();
    const set = async (): Promise<void> => void store.values.set(key, kept(entryOf(), now));
    await keyvTokenCache(over({ ...store, set })).set(key, entryOf({ accessToken: "new" }));
    expect(store.values.get(key)).toContain("secret-token");
  });

  test("of a deletion is none, if a token is there", async () => {
    const store = createStore();
    const set = async (): Promise<void> => void store.values.set(key, kept(entryOf(), Date.now() + 1));
    const cache = keyvTokenCache(over({ ...store, set }));
    await expect(cache.set(key, entryOf({ kind: "tombstone" }))).rejects.toThrow("the entry is not there");
  });
});

describe.each(majors)("over $name: a fault of a lost connection", ({ over }) => {
  const offline = new Error("The client is offline");
  const refused = new Error("connect ECONNREFUSED");

  /** A store whose client tells of every call, as that of @keyv/redis does, and what it is told meanwhile. */
  function openOffline() {
    const keyv = over({
      ...createStore(),
      async get() {
        keyv.emit("error", offline);
        throw offline;
      },
    });
    const cache = keyvTokenCache(keyv);
    const failure = async (): Promise<unknown> => cache.get(key).catch((error: unknown) => error);
    return { failure, hear: (error: unknown) => keyv.emit("error", error) };
  }

  test("says why the connection was lost, however many calls failed since", async () => {
    const { failure, hear } = openOffline();
    expect(await failure()).toEqual(new Error("The shared cache failed: The client is offline"));
    const told = new Error(
      "The shared cache failed: The client is offline (last heard: connect ECONNREFUSED)",
    );
    hear(refused);
    for (let i = 0; i < 3; i++) expect(await failure()).toEqual(told);
    hear(new Error("WRONGPASS"));
    hear(new Error("WRONGPASS"));
    expect(String(await failure())).toContain("(last heard: WRONGPASS)");
    hear(new TypeError("Cannot read properties of undefined (reading 'destroy')"));
    expect(String(await failure())).toContain("(last heard: WRONGPASS)");
  });

  test("says what was heard before a mere time-out, too", async () => {
    const { failure, hear } = openOffline();
    const timeOuts = [
      "Redis timed out after 1000ms",
      "Connection timeout",
      "connect ETIMEDOUT 10.0.0.1:6379",
    ];
    hear(new Error("WRONGPASS"));
    for (const timeOut of timeOuts) {
      hear(new Error(timeOut));
      for (let i = 0; i < 3; i++) await failure();
      const told = `(last heard: ${timeOut}, before that: WRONGPASS)`;
      expect(String(await failure())).toContain(told);
      hear(new Error("WRONGPASS"));
      expect(String(await failure())).toContain("(last heard: WRONGPASS)");
    }
  });

  test("says that it timed out, where nothing else was heard", async () => {
    const { failure, hear } = openOffline();
    for (const timeOut of ["Connection timeout", "Redis timed out after 1000ms"]) hear(new Error(timeOut));
    expect(String(await failure())).toContain("(last heard: Redis timed out after 1000ms)");
  });

  test("says it in a write, too", async () => {
    const keyv = over({ ...createStore(), set: () => Promise.reject(offline) });
    const cache = keyvTokenCache(keyv);
    keyv.emit("error", refused);
    await expect(cache.set(key, entryOf())).rejects.toThrow("(last heard: connect ECONNREFUSED)");
  });

  test("says it for a minute", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { failure, hear } = openOffline();
    hear(refused);
    vi.advanceTimersByTime(59_999);
    expect(String(await failure())).toContain("ECONNREFUSED");
    vi.advanceTimersByTime(1);
    expect(String(await failure())).not.toContain("ECONNREFUSED");
  });

  test("quotes nothing of what was to be stored when the connection was lost", async () => {
    const { failure, hear } = openOffline();
    hear(Object.assign(new Error(`dropped in SET ${kept(entryOf())}`), { command: kept(entryOf()) }));
    const shown = inspect(await failure(), { depth: 9, showHidden: true });
    expect(shown).toContain("last heard: dropped in SET");
    expect(shown).not.toContain("secret-token");
  });
});

describeWithOwnRedis("a Redis that takes no connection is told with its reason", (start) => {
  const expectFailure = async (url: string, major: Major, failure: RegExp): Promise<void> => {
    const store = recommended(url);
    const cache = keyvTokenCache(openKeyv(store, major, "tokens"));
    void store.getClient().catch(() => {});
    const fails = async (): Promise<void> => expect(cache.get(key)).rejects.toThrow(failure);
    await vi.waitFor(fails, { timeout: 5_000, interval: 20 });
  };

  test.each(majors)("$name, nobody listens there", async (major) => {
    const redis = await start();
    await redis.stop();
    await expectFailure(
      redis.url,
      major,
      /: The client is offline \(last heard: connect ECONNREFUSED \S+\)$/,
    );
  });

  test.each(majors)("$name, the password is wrong", async (major) => {
    await using redis = await start();
    const client = await connect(redis.url);
    await client.sendCommand(["ACL", "SETUSER", "invoices", "on", ">right"]);
    const url = redis.url.replace("//", "//invoices:secret@");
    await expectFailure(url, major, /: The client is offline \(last heard: WRONGPASS (?!.*secret).+\)$/);
  });
});
