import { afterEach, beforeEach, vi } from "vitest";

/** Leaves nothing to chance in the tests of a file: at 0 every pause, and every age to renew a token at, is the least. */
export function pinRandom(value: number): void {
  beforeEach(() => {
    vi.spyOn(Math, "random").mockReturnValue(value);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
}
