import { events, type Chapter } from "./events.ts";
import type { Options } from "./options.ts";
import { rest } from "./scene.ts";

/** A chapter with its name. */
export interface TitledChapter extends Chapter {
  readonly title: string;
}

/** The run, chapter by chapter. */
export function chaptersOf({ seconds, events: names, workers }: Options): TitledChapter[] {
  const story: TitledChapter[] = [
    {
      title: "cold-start",
      story: `${workers} processes start to call, and there is no token`,
      extra: () => 0,
      play: async ({ fleet }) => fleet.start(),
    },
    {
      title: "steady",
      story: `calls for ${seconds} s: one process renews the token ahead of time, the others take it over`,
      extra: () => 0,
      play: (scene) => rest(scene, seconds * 1_000),
    },
  ];
  return [...story, ...names.map((name) => ({ title: name, ...events[name] }))];
}
