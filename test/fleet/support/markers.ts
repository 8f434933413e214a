import { keyvTokenCache } from "@client-token/keyv-cache";
import { createClient } from "@keyv/redis";
import { Keyv } from "keyv";
import { moment } from "./moment.ts";
import { openStore } from "./redis-store.ts";

/** A failure marker: when it was set, and until when it stands, see moment.ts. */
interface Marker {
  readonly from: number;
  readonly until: number;
}

interface MarkerWatch {
  readonly markers: readonly Marker[];
  readonly close: () => void;
}

/** Books the failure markers that are set in a Redis from now on. */
export async function watchMarkers(url: string): Promise<MarkerWatch> {
  const store = await openStore(url);
  const cache = keyvTokenCache(new Keyv({ store, namespace: "tokens", useKeyPrefix: false }));
  const events = createClient({ url }).on("error", () => {});
  await events.connect();
  await events.configSet("notify-keyspace-events", "E$");
  const markers: Marker[] = [];
  await events.subscribe("__keyevent@0__:set", async (name) => {
    const from = moment();
    const key = name.slice("tokens::".length);
    const entry = key.endsWith(":failure") ? await cache.get(key) : undefined;
    if (entry !== undefined) markers.push({ from, until: from + Math.round(entry.expiresAt - Date.now()) });
  });
  return {
    markers,
    close() {
      events.destroy();
      void store.disconnect(true);
    },
  };
}
