import type { Clock } from "@client-token/core";

/** A moment by both clocks, in milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** As the fake clock of `@client-token/core/testing`, but without a turn of real timers: a run makes 10 000 steps. */
export interface ModelClock extends Clock {
  readonly moment: () => Moment;
  /** Milliseconds since `moment`, the larger of both clocks' answers. */
  readonly since: (moment: Moment) => number;
  readonly advance: (milliseconds: number) => Promise<void>;
  readonly jump: (milliseconds: number) => void;
}

export function createModelClock(): ModelClock {
  let wall = Date.UTC(2030, 0, 1);
  let monotonic = 0;
  let lastId = 0;
  const timers = new Map<number, { readonly at: number; readonly ring: () => void }>();
  const move = (to: number): void => {
    wall += to - monotonic;
    monotonic = to;
  };
  return {
    now: () => wall,
    monotonic: () => monotonic,
    moment: () => ({ wall, monotonic }),
    since: (moment) => Math.max(wall - moment.wall, monotonic - moment.monotonic),
    setTimeout(ring, delay) {
      timers.set(++lastId, { at: monotonic + Math.max(0, delay), ring });
      return lastId;
    },
    clearTimeout(timer) {
      timers.delete(Number(timer));
    },
    jump(milliseconds) {
      wall += milliseconds;
    },
    async advance(milliseconds) {
      const end = monotonic + milliseconds;
      for (;;) {
        await quiet();
        let next: [id: number, at: number, ring: () => void] | undefined;
        for (const [id, { at, ring }] of timers) {
          if (at <= end && (next === undefined || at < next[1])) next = [id, at, ring];
        }
        if (next === undefined) break;
        timers.delete(next[0]);
        move(next[1]);
        next[2]();
      }
      move(end);
      await quiet();
    },
  };
}

/** Lets everything run that waits for no clock; without a network that takes a few turns of the event loop. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
}
