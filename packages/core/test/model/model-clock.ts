import { createSteppedClock, type FakeClock } from "../../src/testing/fake-clock.ts";

/** A moment by both clocks, in milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** The fake clock of `@client-token/core/testing`, but without a turn of real timers: a run makes 10 000 steps. */
export interface ModelClock extends FakeClock {
  readonly moment: () => Moment;
  /** Milliseconds since `moment`, the larger of both clocks' answers. */
  readonly since: (moment: Moment) => number;
}

export function createModelClock(): ModelClock {
  const clock = createSteppedClock(Date.UTC(2030, 0, 1), quiet);
  return {
    ...clock,
    moment: () => ({ wall: clock.now(), monotonic: clock.monotonic() }),
    since: ({ wall, monotonic }) => Math.max(clock.now() - wall, clock.monotonic() - monotonic),
  };
}

/** Lets everything run that waits for no clock; without a network that takes a few turns of the event loop. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
}
