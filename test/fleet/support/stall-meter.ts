import { moment } from "./moment.ts";

/** Tells how long this process was kept from running, by others or by work of its own. In milliseconds. */
export interface StallMeter {
  /** All stalls so far. */
  readonly total: () => number;
  /** The longest since this was last asked. */
  readonly worst: () => number;
  readonly stop: () => void;
}

const interval = 10;
/** So much lateness is usual in a timer, and no stall. */
const usual = 10;

export function createStallMeter(): StallMeter {
  let lastTick = moment();
  let total = 0;
  let worst = 0;
  const current = (): number => {
    const late = moment() - lastTick - interval;
    return late > usual ? late : 0;
  };
  const timer = setInterval(() => {
    const stall = current();
    total += stall;
    worst = Math.max(worst, stall);
    lastTick = moment();
  }, interval).unref();
  return {
    total: () => total + current(),
    worst() {
      const longest = Math.max(worst, current());
      worst = 0;
      return longest;
    },
    stop: () => clearInterval(timer),
  };
}
