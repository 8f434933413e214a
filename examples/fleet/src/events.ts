import { nextAnswer, nextTokenRequest, rest, type Scene } from "./scene.ts";

/** Something that happens to the fleet, and what it may cost. */
export interface Chapter {
  readonly story: string;
  /** How many token requests it may cost a fleet of this size, beyond its renewals. */
  readonly extra: (processes: number) => number;
  readonly play: (scene: Scene) => Promise<void>;
}

export const events = {
  "redis-paused": {
    story: "Redis hangs when the token is due: each process renews it for itself",
    // The first renewal is made by each of them, the next one by one for all.
    extra: (processes) => processes - 1,
    async play(scene) {
      scene.redis.pause();
      await nextTokenRequest(scene);
      await rest(scene, 2_000);
      scene.redis.resume();
    },
  },
  "redis-killed": {
    story: "Redis is gone when the token is due, and comes back empty",
    extra: (processes) => processes - 1,
    async play(scene) {
      await scene.redis.kill();
      await nextTokenRequest(scene);
      await rest(scene, 1_000);
      await scene.redis.restart();
    },
  },
  "token-revoked": {
    story: "the API refuses the token: it is replaced once, and no caller sees a 401",
    extra: () => 0,
    async play(scene) {
      scene.api.revoke();
      await nextAnswer(scene, 200);
    },
  },
  "holder-killed": {
    story: "the process that renews the token is killed in mid-request: another one takes over",
    // The one that was in the air.
    extra: () => 1,
    async play(scene) {
      const request = await nextTokenRequest(scene);
      if (request !== undefined) scene.fleet.replace(request.worker);
      await nextAnswer(scene, 200);
    },
  },
  "server-down": {
    story: "the authorization server is down when the token is due: the old token serves",
    // Two acquisitions of three tries each: after the first one all processes pause for 0.5 s, then for 1 s.
    extra: () => 6,
    async play(scene) {
      scene.authorizationServer.setDown(true);
      await nextAnswer(scene, 503);
      await rest(scene, 1_500);
      scene.authorizationServer.setDown(false);
      await nextAnswer(scene, 200);
    },
  },
} satisfies Record<string, Chapter>;

export type EventName = keyof typeof events;

export function isEventName(name: string): name is EventName {
  return Object.hasOwn(events, name);
}
