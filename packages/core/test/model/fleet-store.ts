import type { Clock } from "@client-token/core";
import {
  answerLate,
  dawdle,
  everything,
  hang,
  refuse,
  throwAtOnce,
  type ScriptedStore,
} from "../support/scripted-store.ts";

/** How the store behaves. `slow` is well within its deadline; `late` and what answers late are not. */
export const storeMoods = [
  "ok",
  "slow",
  "hangs",
  "rejects",
  "throws",
  "late",
  "answers late",
  "read-only",
] as const;
export type StoreMood = (typeof storeMoods)[number];

/** Has the store behave so from now on. */
export function treatStore(store: ScriptedStore, clock: Clock, mood: StoreMood): void {
  store.heal();
  if (mood === "ok") return;
  const treatments = {
    slow: answerLate(clock, 40),
    hangs: hang,
    rejects: refuse(),
    throws: throwAtOnce,
    late: dawdle(clock, 400),
    "answers late": answerLate(clock, 400),
    "read-only": refuse(new Error("READONLY")),
  };
  const calls = mood === "read-only" ? (["set", "set-failure", "lease", "release"] as const) : everything;
  store.treat(treatments[mood], ...calls);
}
