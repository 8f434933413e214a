import type { TitledChapter } from "./chapters.ts";
import type { ChapterSeen } from "./promises.ts";
import { serviceSince, until, type Scene } from "./scene.ts";

/** Plays one chapter. It is over when all processes are served again, with one token. */
export async function play(scene: Scene, chapter: TitledChapter): Promise<ChapterSeen> {
  const { fleet, authorizationServer } = scene;
  const before = { calls: fleet.calls.length, tokenRequests: authorizationServer.tokenRequests.length };
  await chapter.play(scene);
  const playedAt = performance.now();
  await until(scene, () => {
    const { processes, tokens } = serviceSince(scene, playedAt);
    return processes === fleet.size && tokens === 1 ? true : undefined;
  });
  return {
    chapter,
    size: fleet.size,
    tokenRequests: authorizationServer.tokenRequests.slice(before.tokenRequests),
    calls: fleet.calls.slice(before.calls),
    service: serviceSince(scene, playedAt),
    endedAt: performance.now(),
  };
}
