import { randomUUID } from "node:crypto";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { startAuthorizationServer } from "./authorization-server.ts";
import { chaptersOf } from "./chapters.ts";
import { createFleet } from "./fleet.ts";
import { startInvoicesApi } from "./invoices-api.ts";
import type { Options } from "./options.ts";
import { play } from "./play.ts";
import { judge, type Verdict } from "./promises.ts";
import { startRedis } from "./redis.ts";
import { unlessStopped, type Scene } from "./scene.ts";
import { openView } from "./view.ts";

/** What came of a run. */
export interface Outcome {
  readonly verdicts: readonly Verdict[];
  /** By how many milliseconds this process was late at worst in what it had to do: the machine's part in it. */
  readonly lateness: number;
}

/** The event loop looks at its clock this often, in milliseconds. */
const resolution = 10;

/** Brings everything up, plays all chapters, and takes everything down again, however it ends. */
export async function run(options: Options, stop: AbortController): Promise<Outcome> {
  const clientSecret = randomUUID();
  await using redis = await startRedis();
  await using authorizationServer = await startAuthorizationServer(clientSecret);
  await using api = await startInvoicesApi(authorizationServer);
  const { tokenEndpoint } = authorizationServer;
  const settings = { tokenEndpoint, api: api.origin, redis: redis.url, clientSecret, lease: options.lease };
  await using fleet = createFleet(options.workers, settings, (error) => stop.abort(error));
  const scene: Scene = { authorizationServer, api, redis, fleet, signal: stop.signal };
  using view = openView(scene, process.stdout);

  view.announce("starting", `${options.workers} processes, one authorization server, one API, one Redis`);
  await unlessStopped(scene, fleet.ready());
  const loop = monitorEventLoopDelay({ resolution });
  loop.enable();
  const verdicts: Verdict[] = [];
  for (const chapter of chaptersOf(options)) {
    view.announce(chapter.title, chapter.story);
    verdicts.push(judge(await play(scene, chapter)));
  }
  return { verdicts, lateness: loop.max / 1e6 - resolution };
}
