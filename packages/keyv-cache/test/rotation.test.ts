import { aesGcm, keyvTokenCache } from "@client-token/keyv-cache";
import { describe, expect, test } from "vitest";
import { entryOf } from "./support/entries.ts";
import { cacheFailures, createFleet } from "./support/fleet.ts";
import { newKey } from "./support/keys.ts";
import { majors } from "./support/keyvs.ts";

const [old, next] = [newKey("old"), newKey("next")];
/** The documented order; before the last step the tokens of the second end. */
const steps = [[old], [old, next], [next, old], [next]] as const;

describe.each(majors)("over $name: changing the keys in the documented order", ({ inMemory }) => {
  test("makes no living entry a miss, though one process is a step ahead of the other", async () => {
    const keyv = inMemory();
    const start = (step: number) => keyvTokenCache(keyv, { encryption: aesGcm(steps[step]!) });
    const processes = [start(0), start(0)];
    const living = new Map<string, unknown>();
    let writes = 0;
    const writeAndRead = async (): Promise<void> => {
      for (const writer of processes) {
        const name = `entry-${writes++}`;
        const entry = entryOf({ accessToken: name });
        await writer.set(name, entry);
        living.set(name, entry);
      }
      for (const [name, entry] of living) {
        for (const reader of processes) expect(await reader.get(name)).toEqual(entry);
      }
    };

    await writeAndRead();
    for (const step of [1, 2, 3]) {
      if (step === 3) {
        living.clear();
        await writeAndRead();
      }
      for (const index of processes.keys()) {
        processes[index] = start(step);
        await writeAndRead();
      }
    }
    expect(writes).toBe(16);
    expect(living.size).toBe(6);
  });

  test("costs one token request at most, and that where nobody waited for the tokens to end", async () => {
    const keyv = inMemory();
    const { server, join } = await createFleet();
    for (const keys of steps) {
      for (const _ of ["one process", "and another"]) {
        const member = join(keyvTokenCache(keyv, { encryption: aesGcm(keys) }));
        await member.tokens.getToken("invoices");
        await member.tokens.close();
        expect(cacheFailures(member)).toEqual([]);
      }
      expect(server.requests).toHaveLength(keys.length === 1 && keys[0] === next ? 2 : 1);
    }
  });
});
