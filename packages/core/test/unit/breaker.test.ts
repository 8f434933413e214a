import { createFakeClock, type FakeClock } from "@client-token/core/testing";
import { describe, expect, test, vi } from "vitest";
import { createBreaker, type Breaker } from "../../src/sharing/breaker.ts";

const never = (): Promise<never> => new Promise<never>(() => {});
const well = async (): Promise<void> => {};
const ill = async (): Promise<never> => {
  throw new Error("still down");
};

/** A breaker whose store has just failed to answer in time. */
function tripped(): { breaker: Breaker; clock: FakeClock } {
  const [breaker, clock] = [createBreaker(), createFakeClock()];
  breaker.failed(clock, true);
  return { breaker, clock };
}

test("a store that works is never probed", async () => {
  const [breaker, clock] = [createBreaker(), createFakeClock()];
  const send = vi.fn<() => Promise<void>>(well);
  breaker.succeeded();
  await breaker.probe(clock, send);
  expect(breaker.isOpen()).toBe(false);
  expect(send).not.toHaveBeenCalled();
});

describe("opens", () => {
  test("after one call that ran out of time", () => {
    expect(tripped().breaker.isOpen()).toBe(true);
  });

  test("after three rejections in a row", () => {
    const [breaker, clock] = [createBreaker(), createFakeClock()];
    breaker.failed(clock, false);
    breaker.failed(clock, false);
    expect(breaker.isOpen()).toBe(false);
    breaker.failed(clock, false);
    expect(breaker.isOpen()).toBe(true);
  });

  test("not after rejections with a success between them", () => {
    const [breaker, clock] = [createBreaker(), createFakeClock()];
    breaker.failed(clock, false);
    breaker.failed(clock, false);
    breaker.succeeded();
    breaker.failed(clock, false);
    breaker.failed(clock, false);
    expect(breaker.isOpen()).toBe(false);
  });
});

describe("while it is open", () => {
  test("nobody probes for a second, nor waits for a probe", async () => {
    const { breaker, clock } = tripped();
    const send = vi.fn<() => Promise<never>>(never);
    await clock.advance(999);
    await breaker.probe(clock, send);
    expect(send).not.toHaveBeenCalled();
    expect(breaker.isOpen()).toBe(true);
  });

  test("one probe is enough for all who ask at the same time", async () => {
    const { breaker, clock } = tripped();
    await clock.advance(1000);
    let answer = (): void => {};
    const send = vi.fn<() => Promise<void>>(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const all = Promise.all([breaker.probe(clock, send), breaker.probe(clock, send)]);
    expect(send).toHaveBeenCalledTimes(1);
    expect(breaker.isOpen()).toBe(true);
    answer();
    await all;
    expect(breaker.isOpen()).toBe(false);
  });

  test("a probe that fails keeps it open for another second, and is nobody's failure", async () => {
    const { breaker, clock } = tripped();
    await clock.advance(1000);
    await breaker.probe(clock, ill);
    expect(breaker.isOpen()).toBe(true);
    await clock.advance(999);
    const send = vi.fn<() => Promise<void>>(well);
    await breaker.probe(clock, send);
    expect(send).not.toHaveBeenCalled();
    await clock.advance(1);
    await breaker.probe(clock, send);
    expect(breaker.isOpen()).toBe(false);
  });

  test("a call from before that succeeds after all closes it", () => {
    const { breaker } = tripped();
    breaker.succeeded();
    expect(breaker.isOpen()).toBe(false);
  });

  test("the wall clock has no say in it", async () => {
    const { breaker, clock } = tripped();
    const send = vi.fn<() => Promise<void>>(well);
    clock.jump(3_600_000);
    await breaker.probe(clock, send);
    expect(send).not.toHaveBeenCalled();
  });
});

test("closed again, one rejection is not three", () => {
  const [breaker, clock] = [createBreaker(), createFakeClock()];
  for (let call = 0; call < 3; call++) breaker.failed(clock, false);
  breaker.succeeded();
  breaker.failed(clock, false);
  expect(breaker.isOpen()).toBe(false);
});
