import { expect, test } from "vitest";
import { createWorld, type World } from "../support/world.ts";

/** Has the current token refused, and says whether another one took its place. */
async function isReplaced({ invoices }: World): Promise<boolean> {
  const token = await invoices.getToken();
  return (await invoices.rejectToken(token)) !== token;
}

/** The seconds after the first replacement at which an API that refuses everything is given another token. */
async function replacements(world: World, seconds: number): Promise<number[]> {
  const replacedAt: number[] = [];
  for (let second = 0; second <= seconds; second++) {
    if (await isReplaced(world)) replacedAt.push(second);
    await world.clock.advance(1000);
  }
  return replacedAt;
}

test("the first rejection is answered with a new token, however young the old one is", async () => {
  expect(await isReplaced(await createWorld())).toBe(true);
});

test("a replacement is kept for 5 s, the next for 10 s, and so on up to a minute; then it starts afresh", async () => {
  expect(await replacements(await createWorld(), 206)).toEqual([0, 5, 15, 35, 75, 135, 140, 150, 170]);
});

test("a replacement that has served for a minute ends the series", async () => {
  const world = await createWorld();
  await isReplaced(world);
  await world.clock.advance(60_000);
  expect(await replacements(world, 6)).toEqual([0, 5]);
});

test("one that has served for less does not", async () => {
  const world = await createWorld();
  await isReplaced(world);
  await world.clock.advance(59_999);
  expect(await replacements(world, 11)).toEqual([0, 10]);
});

test("a renewal in between does not end it either", async () => {
  const world = await createWorld({ response: { expires_in: 20 } });
  await isReplaced(world);
  await world.clock.advance(1000);
  await world.invoices.getToken({ forceRenewal: true });
  expect(await isReplaced(world)).toBe(false);
  await world.clock.advance(5000);
  expect(await isReplaced(world)).toBe(true);
});
